import { rm } from "node:fs/promises";
import type { Pod } from "kubernetes-types/core/v1";
import { afterAll, describe, expect, it } from "vitest";
import { decide } from "../../src/admission/decide.ts";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { defaultConfig } from "../../src/config.ts";
import { creationOf } from "../support/decide-pod.ts";
import { isServerful, list } from "./asked.ts";
import { haveRecordings, recordedCases, recordedClusters } from "./recorded-cases.ts";

const { cases } = recordedCases();
const closing: (() => Promise<void>)[] = [];
const worlds = await Promise.all(
  (haveRecordings ? recordedClusters(cases) : []).map(async ({ folder, cases: inIt }) => {
    const cluster = await openManifestCluster(folder, { follow: false });
    closing.push(
      () => cluster.close(),
      () => rm(folder, { recursive: true }),
    );
    return inIt.map((recorded) => ({ recorded, cluster }));
  }),
);
const admitted = worlds.flat().flatMap(({ recorded, cluster }) => {
  const { fluid } = recorded;
  return fluid === undefined ? [] : [[recorded.name, { recorded, cluster, fluid }] as const];
});
const served = admitted.filter(([, { fluid }]) => holdsClient(fluid));
const serverful = admitted.filter(([, { recorded }]) => isServerful(recorded.review.request.object));

/** As long as both webhooks are registered, Fluid's is called first, and Sluice sees what it has made. */
describe("while a cluster changes over from Fluid's webhook", () => {
  afterAll(async () => {
    for (const close of closing) await close();
  });

  if (!haveRecordings) it.skip("the recordings are not at hand: nothing is compared");

  it.each(served)("a pod that Fluid has served is left as it is: %s", (_, { recorded, cluster, fluid }) => {
    const { namespace } = recorded.review.request;
    const decision = decide(creationOf(fluid, { namespace }), cluster.view, defaultConfig);
    expect(decision.edits).toEqual([]);
    expect(decision.verdict).toBe("unchanged");
  });

  it.each(serverful)("no term is there twice (W4): %s", (_, { recorded, cluster, fluid }) => {
    const { namespace } = recorded.review.request;
    const { pod } = decide(creationOf(fluid, { namespace }), cluster.view, defaultConfig);
    const terms = list(pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution).map(
      (term) => JSON.stringify(term),
    );
    expect(new Set(terms).size).toBe(terms.length);
  });
});

function holdsClient({ spec }: Pod): boolean {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(({ name }) =>
    /^fluid-fuse-\d+$/.test(name),
  );
}
