import { ApiError } from "./api-client.ts";
import { eventually } from "./eventually.ts";
import { at, type Fields, textAt } from "./fields.ts";
import { Replica, type ReplicaPlace } from "./replica.ts";

export const sluiceNamespace = "sluice-system";
const podsPath = `/api/v1/namespaces/${sluiceNamespace}/pods`;

/**
 * Stands in for the kubelets of Sluice's own pods: runs each that the scheduler has bound as a process, tells the API
 * server how it is, starts it again when it ends, and stops it when its pod is deleted. Deployment, ReplicaSets and
 * EndpointSlices are the controller manager's work.
 */
export class Replicas {
  readonly #place: ReplicaPlace;
  readonly #free: string[];
  readonly #byUid = new Map<string, Replica>();
  readonly #work = new Set<Promise<void>>();
  readonly troubles: string[] = [];
  /** What processes find in their environment besides what their containers say, by the names of their pods. */
  environment: (podName: string) => Readonly<Record<string, string>> = () => ({});
  #closed = false;
  #loop: Promise<void>;

  /** `addresses` are the sandbox's, for the pods. */
  constructor(place: ReplicaPlace, addresses: readonly string[]) {
    this.#place = place;
    this.#free = [...addresses];
    this.#loop = this.#run();
  }

  /** Those that run now. */
  get all(): readonly Replica[] {
    return [...this.#byUid.values()];
  }

  /** Resolves with `count` replicas as soon as so many are ready, none is on its way out, and endpoints are told so. */
  async ready(count = 2, seconds = 240): Promise<readonly Replica[]> {
    return eventually(
      `${count} replicas of Sluice are ready`,
      async () => {
        const { all } = this;
        if (all.length !== count || !all.every(({ ready }) => ready))
          throw new Error(
            all.map((one) => `${one.name} ${one.ready ? "ready" : `not ready: ${tail(one)}`}`).join("; ") +
              this.troubles.slice(-2).join("; "),
          );
        const slices = await this.#place.api.list(
          `/apis/discovery.k8s.io/v1/namespaces/${sluiceNamespace}/endpointslices`,
        );
        const addresses = slices.flatMap((slice) =>
          Array.isArray(slice["endpoints"]) ? slice["endpoints"].filter(isReady).map(addressOf) : [],
        );
        // One may be behind several Services.
        const told =
          [...new Set(addresses)].sort().join() ===
          all
            .map(({ address }) => address)
            .sort()
            .join();
        return told ? all : undefined;
      },
      { seconds },
    );
  }

  /** Stops them without a word to the API server, and all else. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#loop;
    await Promise.all(this.all.map((replica) => replica.stop(0)));
    await Promise.allSettled(this.#work);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const pods = await this.#place.api.list(podsPath);
        for (const pod of pods) this.#look(pod);
      } catch (error) {
        // The API server may be down: that is what some cases are about.
        if (!(error instanceof ApiError)) this.troubles.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #look(pod: Fields): void {
    const uid = textAt(pod, "metadata", "uid");
    if (textAt(pod, "spec", "nodeName") === "" || this.#byUid.has(uid)) {
      const replica = this.#byUid.get(uid);
      const grace = at(pod, "metadata", "deletionGracePeriodSeconds");
      if (replica !== undefined && typeof grace === "number")
        this.#once(uid, () => this.#end(uid, replica, grace));
      return;
    }
    if (at(pod, "metadata", "deletionTimestamp") !== undefined) return;
    const address = this.#free.shift();
    if (address === undefined) return;
    const environment = (podName: string) => this.environment(podName);
    const replica = new Replica(pod, address, { ...this.#place, environment });
    this.#byUid.set(uid, replica);
    this.#do(this.#keep(uid, replica));
  }

  readonly #ending = new Set<string>();

  #once(uid: string, work: () => Promise<void>): void {
    if (this.#ending.has(uid)) return;
    this.#ending.add(uid);
    this.#do(work());
  }

  #do(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        this.troubles.push(error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  /** Until the pod is deleted: runs the process, and tells whether it is ready when that changes. */
  async #keep(uid: string, replica: Replica): Promise<void> {
    await replica.start();
    await this.#tell(replica, false);
    let told = false;
    while (!this.#closed && !this.#ending.has(uid)) {
      if (!replica.running) {
        replica.ready = false;
        replica.restarts++;
        await replica.start();
      }
      // While the API server is down, or the Secret gone, they stay as they are.
      await replica.updateVolumes().catch(() => undefined);
      const answers = (await replica.ask("/readyz", 2)).status === 200;
      if (answers !== told && !this.#ending.has(uid)) {
        // While the API server is down nobody can be told: later, then.
        told = await this.#tell(replica, answers).then(
          () => answers,
          () => told,
        );
      }
      replica.ready = answers && told;
      await new Promise((resolve) => setTimeout(resolve, replica.ready ? 250 : 100));
    }
  }

  async #end(uid: string, replica: Replica, grace: number): Promise<void> {
    await replica.stop(grace);
    await eventually(
      "the deleted pod is gone",
      async () => {
        await this.#place.api.delete(`${podsPath}/${replica.name}`);
        return true;
      },
      { seconds: 60 },
    );
    this.#byUid.delete(uid);
    this.#free.push(replica.address);
  }

  async #tell({ name, address, restarts }: Replica, ready: boolean): Promise<void> {
    const status = ready ? "True" : "False";
    const condition = (type: string, value: string) => ({ type, status: value });
    await this.#place.api.patch(
      `${podsPath}/${name}/status`,
      {
        status: {
          phase: "Running",
          hostIP: "10.10.0.1",
          podIP: address,
          podIPs: [{ ip: address }],
          conditions: [
            condition("PodScheduled", "True"),
            condition("Initialized", "True"),
            condition("ContainersReady", status),
            condition("Ready", status),
          ],
          containerStatuses: [
            {
              name: "sluice",
              image: "sluice",
              imageID: "",
              ready,
              started: true,
              restartCount: restarts,
              state: { running: {} },
            },
          ],
        },
      },
      "merge",
    );
  }
}

function isReady(endpoint: unknown): boolean {
  return at(endpoint, "conditions", "ready") === true;
}

function addressOf(endpoint: unknown): string {
  return textAt(endpoint, "addresses", 0);
}

function tail(replica: Replica): string {
  try {
    return replica.process.log().slice(-1_500);
  } catch (error) {
    return String(error);
  }
}
