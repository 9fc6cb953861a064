import type { Pod } from "kubernetes-types/core/v1";
import type { Edit } from "../types/edit.ts";
import type { ObjectRef } from "../types/object-ref.ts";
import type { Finding, ReasonCode } from "../types/reason.ts";

/** "injected" is any pod that is changed: one that gets clients, or is only steered or marked. */
export type Verdict = "injected" | "unchanged" | "rejected";
export type Mode = "sidecar" | "csi";
export type SidecarKind = "native" | "classic";

/** All that was decided about one pod. Everything that is told to anybody is printed from it. */
export interface Decision {
  readonly verdict: Verdict;
  /** Absent when the pod asks for nothing. */
  readonly mode?: Mode;
  readonly platform?: string;
  readonly sidecar?: SidecarKind;
  /** One entry for each volume of the pod, in the pod's order; empty when the pod asks for nothing. */
  readonly volumes: readonly VolumeOutcome[];
  /** Everything found out, refusals first, then warnings, then what was done. Never empty. */
  readonly findings: readonly Finding[];
  /** Why a refusal may be wrong, so that it is better asked again than believed. */
  readonly unsure?: string;
  /** What is changed, in the order in which it is to be applied; empty unless `verdict` is `injected`. */
  readonly edits: readonly Edit[];
  /** The pod after the edits: the very object that came in when there are none. */
  readonly pod: Pod;
}

/** What became of one volume of the pod. */
export interface VolumeOutcome {
  readonly volume: string;
  readonly code: ReasonCode;
  readonly message: string;
  /** "namespace/name" of the Dataset, or of the claim that the JuiceFS CSI driver serves. */
  readonly dataset?: string;
  /** What that is called in messages: "Dataset research/imagenet". */
  readonly title?: string;
  /** Of a dataset that only refers to another one: that one, as "Dataset vision/imagenet". */
  readonly refersTo?: string;
  /** Name of the client's container. */
  readonly client?: string;
}

/** The objects that the findings of `decision` rest on, each once. */
export function restsOn(decision: Decision): ObjectRef[] {
  const seen = new Map<string, ObjectRef>();
  for (const finding of decision.findings)
    for (const ref of finding.restsOn ?? []) seen.set(`${ref.kind}/${ref.namespace ?? ""}/${ref.name}`, ref);
  return [...seen.values()];
}
