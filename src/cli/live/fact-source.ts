import type { Pod } from "kubernetes-types/core/v1";
import type { RawObject } from "../../cluster/raw-fields.ts";
import type { ClientEvidence } from "../../pod/client-judgement.ts";
import type { PodClient } from "../../pod/find-clients.ts";
import type { DecidingState } from "./decide-now.ts";

/** Where the facts about an object of a live cluster are read. What cannot be read is left out, and told by the source. */
export interface FactSource {
  /** Answers from what is known of the cluster, read before where it has to be. */
  ask<T>(question: (state: DecidingState) => T): Promise<T>;
  /** Undefined where it is gone or cannot be read. */
  node(name: string): Promise<RawObject | undefined>;
  /** The pod's Warning Events, and what its clients' logs tell. */
  evidence(pod: Pod, clients: readonly PodClient[]): Promise<ClientEvidence>;
  /** Those that have not ended. */
  pods(namespace: string, labelSelector: string): Promise<readonly Pod[]>;
  jobs(namespace: string): Promise<readonly RawObject[]>;
}
