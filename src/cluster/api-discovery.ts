import type { ApiConnection } from "./api-connection.ts";
import { ApiError, reasonOf } from "./api-error.ts";
import { fluidGroup, groupPath } from "./api-resources.ts";
import type { KubernetesVersion } from "./cluster-view.ts";
import { parseKubernetesVersion } from "./kubernetes-version.ts";
import type { LiveTiming } from "./live-timing.ts";
import { objectsAt, textAt } from "./raw-fields.ts";
import { Pause, RetryPause } from "./retry-pause.ts";

/** What the API server offers. */
export interface Discovered {
  readonly version: KubernetesVersion | undefined;
  /** The kinds of Fluid's group. */
  readonly kinds: ReadonlySet<string>;
}

export interface DiscoveryOptions {
  readonly connection: ApiConnection;
  readonly timing: LiveTiming;
  /** Told after each look. Must not throw. */
  readonly onLook: (discovered: Discovered) => void;
  /** Told of each problem when it comes up, and undefined when it is over. Must not throw. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** A kind counts as gone when so many looks one after the other did not find it. */
const looksUntilGone = 2;

/**
 * Looks again and again which version the API server has and which of Fluid's kinds. Every authenticated user may ask
 * for these, so that it needs no right to read CRDs.
 */
export class ApiDiscovery {
  readonly #options: DiscoveryOptions;
  readonly #pause = new Pause();
  readonly #retryPause: RetryPause;
  /** By kind that was there once: how many looks have not found it. */
  readonly #missed = new Map<string, number>();
  #problem: string | undefined;

  constructor(options: DiscoveryOptions) {
    const { timing } = options;
    this.#options = options;
    this.#retryPause = new RetryPause({ ...timing, longestPause: timing.discovery });
  }

  /** Why the last look failed; undefined where it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks until `signal` ends it. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const discovered = await this.#look(signal);
        this.#retryPause.reset();
        this.#tell(undefined);
        this.#options.onLook(discovered);
        await this.#pause.wait(this.#options.timing.discovery, signal);
      } catch (error) {
        if (signal.aborted) return;
        const reason = reasonOf(error);
        this.#tell(
          `cannot ask the API server for its version and for Fluid's CRDs: ${reason}; it is tried again`,
        );
        await this.#retryPause.wait(signal);
      }
    }
  }

  /** There is reason to look soon. */
  hurry(): void {
    this.#pause.cutShort(this.#options.timing.firstPause);
    this.#retryPause.hurry();
  }

  async #look(signal: AbortSignal): Promise<Discovered> {
    const { connection, timing } = this.#options;
    const options = { idleMs: timing.answer, signal };
    const version = await connection.getJson("/version", options);
    const found = await discoverFluidKinds(connection, options);
    for (const kind of found) this.#missed.set(kind, 0);
    for (const [kind, missed] of this.#missed) {
      if (found.has(kind)) continue;
      if (missed + 1 < looksUntilGone) this.#missed.set(kind, missed + 1);
      else this.#missed.delete(kind);
    }
    return {
      version: parseKubernetesVersion(textAt(version, "gitVersion") ?? ""),
      kinds: new Set(this.#missed.keys()),
    };
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }
}

/** Throws `ApiError`. */
async function discoverFluidKinds(
  connection: ApiConnection,
  options: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  try {
    const answer = await connection.getJson(groupPath(fluidGroup, "v1alpha1"), options);
    if (textAt(answer, "kind") !== "APIResourceList")
      throw new ApiError("the answer is no list of resources");
    return new Set(objectsAt(answer, "resources").flatMap((resource) => textAt(resource, "kind") ?? []));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return new Set();
    throw error;
  }
}
