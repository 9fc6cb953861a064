import { describe } from "vitest";
import { autoscalerCases } from "./cases/autoscaler.ts";
import { explainCases } from "./cases/explain.ts";
import { fromFluidCases } from "./cases/from-fluid.ts";
import { pluginProfileCases } from "./cases/plugin-profile.ts";
import { prefetchCases } from "./cases/prefetch.ts";
import { referenceCases } from "./cases/references.ts";
import { sidecarCases } from "./cases/sidecars.ts";
import { refusalCases, workloadCases } from "./cases/workloads.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";

// Cases that leave Sluice and the control plane as they are, on one cluster, which takes longer to start than they do.
describeCluster("Sluice as it is installed", clusterWithSluice, (cluster) => {
  describe("workloads", () => workloadCases(cluster));
  describe("refusals", () => refusalCases(cluster));
  describe("clients beside the app", () => sidecarCases(cluster));
  describe("files that are read ahead", () => prefetchCases(cluster));
  describe("explain, diff and uninject", () => explainCases(cluster));
  describe("changing over from Fluid's webhook", () => fromFluidCases(cluster));
  describe("scheduling as Fluid's webhook has it", () => pluginProfileCases(cluster));
  // From here on a Deployment is scaled now and then, and last the example's dataset gets another client.
  describe("an autoscaler on served pods", () => autoscalerCases(cluster));
  describe("a dataset that refers to one of another namespace", () => referenceCases(cluster));
});
