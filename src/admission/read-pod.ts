import type { Pod } from "kubernetes-types/core/v1";
import { podProblem } from "./pod-shape.ts";

/** A pod whose parts have the types that Kubernetes gives them, or what is wrong, by its JSON path. */
export type PodReading = { readonly pod: Pod } | { readonly problem: string };

/**
 * Looks at raw JSON as a pod: every part that a decision reads must have its Kubernetes type ("spec.containers[1].env
 * must be a list, not an object"). Parts nobody reads are let through whatever they are. Nothing is copied or changed.
 */
export function readPod(object: unknown): PodReading {
  const problem = podProblem(object);
  if (problem !== undefined) return { problem };
  return { pod: object as Pod };
}
