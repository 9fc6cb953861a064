import { expect } from "vitest";
import type { Fields } from "../../e2e/harness/fields.ts";
import type { CaseTable } from "../harness/case-table.ts";
import { NodePod } from "../harness/node-pod.ts";
import type { RealNode } from "../harness/real-node.ts";

/** What the cases share: one node with its datasets, and the table of what was seen. */
export interface CaseContext {
  readonly node: RealNode;
  readonly table: CaseTable;
}

/** Creates a pod on the node, runs `during`, and deletes it where that has not done so. */
export async function withPod(
  { node }: CaseContext,
  pod: Fields,
  during: (pod: NodePod) => Promise<void>,
): Promise<void> {
  const created = await NodePod.create(node, pod);
  try {
    await during(created);
  } finally {
    await created.delete(0);
  }
}

/** Deletes the pod and expects that it is gone in time, with all its mounts; returns how long it took. */
export async function deleted(pod: NodePod, limitSeconds: number, graceSeconds?: number): Promise<number> {
  const askedAt = await pod.delete(graceSeconds);
  const took = (await pod.gone(limitSeconds + 20)) - askedAt;
  expect(pod.mounts()).toEqual([]);
  expect(took).toBeLessThanOrEqual(limitSeconds);
  return took;
}
