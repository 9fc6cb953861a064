import type { Pod } from "kubernetes-types/core/v1";
import type { ApiConnection } from "../../cluster/api-connection.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { Config } from "../../config.ts";
import type { ClientEvidence } from "../../pod/client-judgement.ts";
import type { PodClient } from "../../pod/find-clients.ts";
import { PodStatuses } from "../../pod/pod-statuses.ts";
import { ApiReader } from "../check/api-reader.ts";
import type { Progress } from "../check/progress.ts";
import { asPod } from "./as-pod.ts";
import { AskedCluster } from "./asked-cluster.ts";
import type { DecidingState } from "./decide-now.ts";
import type { FactSource } from "./fact-source.ts";

const logMs = 5_000;
const logLines = "200";
const logBytes = "65536";

/** Reads what one question about a live cluster needs, and remembers what may not be read. */
export class LiveSession implements FactSource {
  readonly reader: ApiReader;
  readonly cluster: AskedCluster;
  readonly config: Config;
  readonly #connection: ApiConnection;
  /** What could not be read of pods, Events and logs. */
  readonly unread = new Set<string>();

  constructor(connection: ApiConnection, config: Config, progress: Progress) {
    this.#connection = connection;
    this.reader = new ApiReader(connection, progress);
    this.cluster = new AskedCluster(this.reader, config);
    this.config = config;
  }

  /** Everything that could not be read, each once. */
  get missing(): readonly string[] {
    return [...this.unread, ...this.cluster.unread];
  }

  /** The answer to `question`, once everything that it asks of the cluster has been read. */
  ask<T>(question: (state: DecidingState) => T): Promise<T> {
    return this.cluster.settle((view) => question({ view, config: this.config }));
  }

  /** Undefined where there is none, or it may not be read. */
  node(name: string): Promise<RawObject | undefined> {
    return this.get(`Node ${name}`, `/api/v1/nodes/${encodeURIComponent(name)}`);
  }

  /** The namespace's pods that have not ended, or those of them that the selector selects. */
  async pods(namespace: string, labelSelector?: string): Promise<readonly Pod[]> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    const found = await this.list(`Pods of namespace ${namespace}`, path, {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
    });
    return found.flatMap((pod) => asPod(pod) ?? []);
  }

  /** All Jobs of the namespace. */
  jobs(namespace: string): Promise<readonly RawObject[]> {
    const path = `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`;
    return this.list(`Jobs of namespace ${namespace}`, path, {});
  }

  /** The object, or undefined where there is none. What may not be read counts as `unread`. */
  async get(what: string, path: string): Promise<RawObject | undefined> {
    const found = await this.reader.get(path);
    if ("value" in found) return found.value;
    this.unread.add(`${what}: ${found.problem}`);
    return undefined;
  }

  /** All objects of a collection that `query` selects; none where they may not be read, which counts as `unread`. */
  async list(
    what: string,
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<readonly RawObject[]> {
    const found = await this.reader.list(path, query);
    if ("value" in found) return found.value;
    this.unread.add(`${what}: ${found.problem}`);
    return [];
  }

  /** The pod's Warning Events, and the last lines of its clients' logs. */
  async evidence(pod: Pod, clients: readonly PodClient[]): Promise<ClientEvidence> {
    const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
    const place = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const statuses = new PodStatuses(pod);
    const running = clients.map(({ keeper }) => keeper).filter((keeper) => statuses.runs(keeper));
    const [events, ...logs] = await Promise.all([
      this.list(`Events of namespace ${namespace}`, `${place}/events`, {
        fieldSelector: `involvedObject.uid=${uid},type=Warning`,
      }),
      ...running.map((container) =>
        this.#readLog(`${place}/pods/${encodeURIComponent(name)}/log`, container),
      ),
    ]);
    const when = (event: RawObject) => textAt(event, "lastTimestamp") ?? textAt(event, "eventTime") ?? "";
    const warnings = [...events]
      .sort((a, b) => (when(a) < when(b) ? -1 : 1))
      .flatMap((event) => textAt(event, "message") ?? []);
    return { warnings, logs: new Map(logs.flatMap((log) => (log === undefined ? [] : [log]))) };
  }

  async #readLog(path: string, container: string): Promise<readonly [string, string] | undefined> {
    const query = new URLSearchParams({ container, tailLines: logLines, limitBytes: logBytes });
    const found = await this.reader.read(path, () =>
      this.#connection.getBytes(`${path}?${query}`, { idleMs: logMs }),
    );
    if ("value" in found) return [container, found.value.toString("utf8")];
    this.unread.add(`log of ${container}: ${found.problem}`);
    return undefined;
  }
}
