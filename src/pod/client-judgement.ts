import type { ContainerTrouble } from "./container-trouble.ts";

/**
 * `waiting`: its container does not run yet; `starting`: it runs, and nothing shows yet that it has mounted; `serving`;
 * `restarting`: it has failed and is started again; `lost`: the app runs on a mount that will not come back; `ended`.
 */
export type ClientState = "waiting" | "starting" | "serving" | "restarting" | "lost" | "ended";

/** What is known besides the pod itself. */
export interface ClientEvidence {
  /** Messages of the pod's Warning Events, newest last. */
  readonly warnings?: readonly string[];
  /** The last lines of containers' logs, by container. */
  readonly logs?: ReadonlyMap<string, string>;
}

/** What was found out about a client. */
export interface Judgement extends ContainerTrouble {
  readonly state: ClientState;
}
