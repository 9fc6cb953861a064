import { expect } from "vitest";
import { allowed } from "../../e2e/harness/allowed.ts";
import { ApiError } from "../../e2e/harness/api-client.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import type { Fields } from "../../e2e/harness/fields.ts";
import type { CaseTable } from "../harness/case-table.ts";
import { NodePod } from "../harness/node-pod.ts";
import type { RealNode } from "../harness/real-node.ts";

/** What the cases share: one node with its datasets, and the table of what was seen. */
export interface CaseContext {
  readonly node: RealNode;
  readonly table: CaseTable;
  /** The built command. */
  readonly sluice: string;
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
    await created.delete();
  }
}

/**
 * Deletes the pod, with its own grace period or `graceSeconds`, and expects that it is gone within `limitSeconds`, or what
 * that comes to on a machine this busy, and no mount is left; returns how long it took. `meanwhile` is run as soon as the
 * deletion was asked for.
 */
export async function deleted(
  pod: NodePod,
  limitSeconds: number,
  graceSeconds?: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<number> {
  const askedAt = await pod.delete(graceSeconds);
  const [goneAt] = await Promise.all([pod.gone(limitSeconds + 120), meanwhile()]);
  await noMountsLeft(pod);
  expect(goneAt - askedAt).toBeLessThanOrEqual(allowed(limitSeconds));
  return goneAt - askedAt;
}

/** What the API server says against a pod. */
export async function refusal({ node }: CaseContext, pod: Fields): Promise<string> {
  const refused = await node.api.create("/api/v1/namespaces/data/pods", pod).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiError);
  return refused instanceof ApiError ? refused.message : "";
}

/** Runs a pod to its end and returns what its app has said. */
export async function runToEnd(context: CaseContext, pod: Fields, within = 180): Promise<string[]> {
  let said: string[] = [];
  await withPod(context, pod, async (running) => {
    await eventually(
      `${running.name} has ended`,
      async () => /^(Succeeded|Failed)$/.test(await running.phase()),
      { seconds: within, pauseMs: 100 },
    );
    said = running.log("app").map(({ text }) => text);
    await running.delete();
    await running.gone();
    await noMountsLeft(running);
  });
  return said;
}

/** Of a pod that is gone; of one that had ended before, the kubelet may still be taking them off. */
export async function noMountsLeft(pod: NodePod): Promise<void> {
  await eventually(`${pod.name} leaves no mounts`, () => {
    const left = pod.mounts();
    if (left.length === 0) return true;
    throw new Error(left.join(", "));
  });
}
