import type { Pod } from "kubernetes-types/core/v1";
import { decide } from "../../admission/decide.ts";
import type { Decision } from "../../admission/decision.ts";
import type { ApiConnection } from "../../cluster/api-connection.ts";
import { isRawObject, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { Config } from "../../config.ts";
import type { ClientEvidence } from "../../pod/client-state.ts";
import type { PodClient } from "../../pod/find-clients.ts";
import { PodStatuses } from "../../pod/pod-statuses.ts";
import { ApiReader } from "../check/api-reader.ts";
import type { Progress } from "../check/progress.ts";
import { AskedCluster } from "./asked-cluster.ts";

const logMs = 5_000;
const logLines = "200";
const logBytes = "65536";

/** Reads what one question about a live cluster needs, and remembers what may not be read. */
export class LiveSession {
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

  /** What would be decided if the pod were created now. */
  decide(pod: Pod, namespace: string, fromTemplate: boolean): Promise<Decision> {
    const request = {
      uid: "",
      operation: "CREATE",
      kind: "/v1/Pod",
      resource: "/v1/pods",
      subResource: "",
      namespace,
      dryRun: true,
      object: pod,
      fromTemplate,
    };
    return this.cluster.settle((view) => decide(request, view, this.config));
  }

  /** The object, or undefined where there is none. What may not be read counts as `unread`. */
  async get(what: string, path: string): Promise<RawObject | undefined> {
    const found = await this.reader.get(path);
    if ("value" in found) return found.value;
    this.unread.add(`${what}: ${found.problem}`);
    return undefined;
  }

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

/** What the API server calls a pod is one. */
export function asPod(raw: RawObject): Pod | undefined {
  return isPod(raw) ? raw : undefined;
}

function isPod(raw: RawObject): raw is RawObject & Pod {
  return (
    isRawObject(raw["metadata"]) &&
    isRawObject(raw["spec"]) &&
    Array.isArray(objectsAt(raw, "spec", "containers"))
  );
}
