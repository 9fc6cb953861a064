import { createControllerMetrics } from "../../src/telemetry/controller-metrics.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { injectedOutcome } from "./review-outcome.ts";

/** Pages of a server and of the controllers on which every metric has a sample with all of its labels. */
export async function metricPages(): Promise<string> {
  const server = createMetrics({ process: true });
  server.countReview({ ...injectedOutcome, alike: true, patchBytes: 3_000 });
  server.countRefusedRequest(503);
  server.reviewsInWork(1);
  server.countValidation("/juicefs/validate-pv", "allowed");
  server.setProblems("certificate", 1);
  server.setCertificateExpiry(new Date(0));
  server.setAuthorityExpiry(new Date(0));
  server.setClusterObjects("Dataset", 1);
  server.setResource({ resource: "nodes", lastContact: 5_000, restarts: 1 });
  server.setLiveReads({ found: 1 });
  server.countCertificateAction("bundle-repaired");
  server.setRegistration("trusted", ["trusted"]);
  const controllers = createControllerMetrics({ process: true });
  const group = { runtime: "alluxio", platform: "kubernetes" };
  controllers.setLeader(true);
  controllers.countWork("end-clients", "ended", 0.1);
  controllers.setQueueDepth("end-clients", 1);
  controllers.observeEndLag(1);
  controllers.setWaitingPods(1);
  controllers.countEvent("told");
  controllers.setCensus({
    clients: [{ ...group, state: "serving", reason: "serves", count: 1 }],
    pods: { on: 1 },
  });
  controllers.countClientRestarts(group, 1);
  controllers.countClientOomKill(group);
  controllers.setMissedPods([{ madeBy: "Deployment", fate: "injected", count: 1 }], {
    looked: 1,
    unread: 0,
    at: 1,
  });
  return `${await server.render()}\n${await controllers.render()}`;
}
