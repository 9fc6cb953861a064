import type { DatasetReport } from "./dataset-report.ts";
import type { Report } from "./describe-report.ts";
import type { PodReport } from "./pod-report.ts";

/** Whether something in the report wants somebody to act. */
export function isTroubled(report: Report): boolean {
  if ("outcome" in report) return isProblem(report);
  if ("stands" in report) return isTroubledPod(report);
  return report.now?.verdict === "rejected" || report.details.some(isTroubled);
}

/** In csi mode no client belongs into the pod. */
function isTroubledPod({ clients, stands, now }: PodReport): boolean {
  if (stands.injectedBy !== undefined) return clients.some(({ level }) => level === "problem");
  return now?.verdict === "rejected" || (now?.verdict === "injected" && now.mode === "sidecar");
}

function isProblem({ outcome }: DatasetReport): boolean {
  return outcome.code !== "injected" && outcome.code !== "left-to-csi" && outcome.code !== "not-a-dataset";
}
