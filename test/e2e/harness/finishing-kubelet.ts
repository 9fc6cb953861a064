import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-client.ts";
import { at, type Fields, listAt, textAt } from "./fields.ts";

const endAnnotation = "sluice.io/end";

/**
 * Does for the pods of a namespace what kubelets do for pods that end: says that bound pods run, lets apps end when
 * they are told to, lets a container of Sluice's end with 0 once the annotation that it watches names it, and says that
 * the pod has ended once all its containers have.
 */
export class FinishingKubelet {
  readonly #api: ApiClient;
  readonly #pods: string;
  readonly #pauseMs: number;
  /** Exit codes of apps that have ended, by pod. */
  readonly #apps = new Map<string, number>();
  readonly #ended = new Map<string, Map<string, number>>();
  readonly #done = new Set<string>();
  readonly troubles: string[] = [];
  #closed = false;
  readonly #loop: Promise<void>;

  /** Looks at all pods every `pauseMs` milliseconds. */
  constructor(api: ApiClient, namespace: string, pauseMs = 50) {
    this.#api = api;
    this.#pauseMs = pauseMs;
    this.#pods = `/api/v1/namespaces/${namespace}/pods`;
    this.#loop = this.#run();
  }

  /** The app of this pod ends now. */
  endApp(pod: string, exitCode = 0): void {
    this.#apps.set(pod, exitCode);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const pods = await this.#api.list(this.#pods);
        await Promise.all(pods.map((pod) => this.#look(pod)));
      } catch (error) {
        if (!(error instanceof ApiError)) this.troubles.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }

  async #look(pod: Fields): Promise<void> {
    const name = textAt(pod, "metadata", "name");
    const uid = textAt(pod, "metadata", "uid");
    if (textAt(pod, "spec", "nodeName") === "" || this.#done.has(uid)) return;
    const ended = this.#ended.get(uid) ?? new Map<string, number>();
    const before = ended.size;
    const names = listAt(pod, "spec", "containers").map((container) => textAt(container, "name"));
    const needless = textAt(pod, "metadata", "annotations", endAnnotation).split(" ");
    for (const container of names) {
      const app =
        container.startsWith("fluid-fuse") || container.startsWith("sluice-")
          ? undefined
          : this.#apps.get(name);
      const code = needless.includes(container) ? 0 : app;
      if (code !== undefined && !ended.has(container)) ended.set(container, code);
    }
    if (this.#ended.has(uid) && ended.size === before) return;
    this.#ended.set(uid, ended);
    const all = names.every((container) => ended.has(container));
    const failed = [...ended.values()].some((code) => code !== 0);
    const phase = all ? (failed ? "Failed" : "Succeeded") : "Running";
    await this.#tell(name, phase, names, ended);
    if (all) this.#done.add(uid);
  }

  async #tell(
    pod: string,
    phase: string,
    names: readonly string[],
    ended: ReadonlyMap<string, number>,
  ): Promise<void> {
    const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const stateOf = (name: string) => {
      const exitCode = ended.get(name);
      if (exitCode === undefined) return { running: { startedAt: time } };
      return { terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", finishedAt: time } };
    };
    const containerStatuses = names.map((name) => ({
      name,
      image: "image",
      imageID: "",
      ready: !ended.has(name),
      started: !ended.has(name),
      restartCount: 0,
      state: stateOf(name),
    }));
    await this.#api.patch(`${this.#pods}/${pod}/status`, { status: { phase, containerStatuses } });
  }
}

/** Whether the pod has ended, and how. */
export function phaseOf(pod: unknown): string {
  return textAt(pod, "status", "phase");
}

export function gatesOf(pod: unknown): string[] {
  return listAt(pod, "spec", "schedulingGates").map((gate) => String(at(gate, "name")));
}
