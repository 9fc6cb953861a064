import { ApiError } from "../cluster/api-error.ts";
import type { RawObject } from "../cluster/raw-fields.ts";
import { type Right, rights, type Viewer } from "./access.ts";
import type { ConsoleData, NamedReads } from "./console-data.ts";

const notEnded = "status.phase!=Succeeded,status.phase!=Failed";

/** Reads of the cluster what whoever asks may see, and remembers what was not seen, each once. */
export class ViewerReads implements NamedReads {
  readonly #data: ConsoleData;
  readonly #viewer: Viewer;
  readonly #unseen = new Set<string>();

  constructor(data: ConsoleData, viewer: Viewer) {
    this.#data = data;
    this.#viewer = viewer;
  }

  /** What was not seen, and why. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }

  /** Notes that something was not seen. */
  tellUnseen(what: string): void {
    this.#unseen.add(what);
  }

  /** Undefined where there is none, or it may not be seen. */
  node(name: string): Promise<RawObject | undefined> {
    return this.#read(rights.nodes, undefined, () => this.#data.readNode(name));
  }

  /** The pod's Warning Events, the newest last. */
  warnings(namespace: string, name: string, uid: string): Promise<readonly string[]> {
    return this.#read({ ...rights.events, namespace }, [], async () => {
      const events = await this.#data.podEvents(namespace, name, uid);
      return events.flatMap(({ type, message }) => (type === "Warning" ? [message] : [])).reverse();
    });
  }

  /** The first pods that have not ended of those that the selector selects; none where they may not be seen. */
  pods(namespace: string, labelSelector: string): Promise<readonly RawObject[]> {
    return this.#read({ ...rights.pods, namespace }, [], async () => {
      const query = { labelSelector, fieldSelector: notEnded };
      const { objects, more } = await this.#data.readSome("Pod", namespace, query);
      if (more) this.tellUnseen(`more pods than the first ${objects.length}`);
      return objects;
    });
  }

  /** The namespace's first Jobs; none where they may not be seen. */
  jobs(namespace: string): Promise<readonly RawObject[]> {
    return this.#read({ ...rights.jobs, namespace }, [], async () => {
      const { objects, more } = await this.#data.readSome("Job", namespace, {});
      if (more) this.tellUnseen(`more Jobs than the namespace's first ${objects.length}`);
      return objects;
    });
  }

  async #read<T>(right: Right, otherwise: T, read: () => Promise<T>): Promise<T> {
    const { resource, namespace } = right;
    const place = namespace === undefined ? "" : ` in namespace ${namespace}`;
    if (!(await this.#viewer.may(right))) {
      this.tellUnseen(`you may not list ${resource}${place}`);
      return otherwise;
    }
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.tellUnseen(`${resource}${place} cannot be read now: ${error.message}`);
      return otherwise;
    }
  }
}
