import fc from "fast-check";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { projectClaim, projectClientDaemonSet, projectDataset } from "../../src/cluster/projections.ts";
import { resolveVolumes } from "../../src/datasets/resolve.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { resolveOptions } from "../support/resolve-options.ts";

const set = fluidDataset("data");
const healthy = clusterOf(objectsOf(set));

const odd = fc.oneof(fc.jsonValue(), fc.constant({ toString: 1, valueOf: 1 }), fc.constant(["__proto__"]));
const place = { namespace: "default", name: "data" };

function pod(value: unknown): Pod {
  return value as Pod;
}

describe("whatever comes in", () => {
  it("a pod of any shape has one entry for each volume", () => {
    const volume = fc.oneof(
      odd,
      fc.record({ name: odd, persistentVolumeClaim: odd, ephemeral: odd }, { requiredKeys: [] }),
      fc.record({
        name: odd,
        persistentVolumeClaim: fc.record({ claimName: fc.oneof(odd, fc.constant("data")), readOnly: odd }),
      }),
      fc.record({
        name: odd,
        ephemeral: fc.record({
          volumeClaimTemplate: fc.record({ metadata: fc.record({ labels: odd }), spec: odd }),
        }),
      }),
    );
    fc.assert(
      fc.property(fc.array(volume), (volumes) => {
        const result = resolveVolumes(pod({ spec: { volumes } }), "default", healthy, resolveOptions);
        expect(result.volumes).toHaveLength(volumes.length);
        for (const entry of result.volumes) expect(typeof entry.volume).toBe("string");
      }),
    );
  });

  it.each([null, "pod", 7, [], {}, { spec: null }, { spec: { volumes: {} } }, { spec: { volumes: "x" } }])(
    "%j has no volumes",
    (value) => {
      expect(resolveVolumes(pod(value), "default", healthy, resolveOptions)).toEqual({
        volumes: [],
        datasets: [],
      });
    },
  );

  it.each(["", "__proto__", "constructor", "toString", "x".repeat(10_000), "a/b", "\u0000"])(
    "a claim named %j is not found",
    (claimName) => {
      const volumes = [{ name: "v", persistentVolumeClaim: { claimName } }];
      const [volume] = resolveVolumes(pod({ spec: { volumes } }), "default", healthy, resolveOptions).volumes;
      expect(volume).toMatchObject(
        claimName === "" ? { kind: "other" } : { finding: { code: "claim-not-found" } },
      );
    },
  );

  it("objects of any shape end in a dataset or a refusal with a message", () => {
    const container = fc.record(
      {
        name: fc.constant("c"),
        command: odd,
        args: odd,
        env: odd,
        ports: fc.array(odd),
        volumeMounts: fc.array(odd),
      },
      { requiredKeys: ["name"] },
    );
    const cluster = fc.record({
      labels: odd,
      status: odd,
      spec: odd,
      containers: fc.array(container),
      volumes: odd,
    });
    const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
    fc.assert(
      fc.property(cluster, ({ labels, status, spec, containers, volumes: inTemplate }) => {
        const template = { spec: { containers, volumes: inTemplate } };
        const view = (claims = [set.claim], datasets = [set.dataset], daemonSets = [set.daemonSet]) =>
          clusterOf({ ...objectsOf(set), claims, datasets, clientDaemonSets: daemonSets });
        for (const each of [
          view([projectClaim({ metadata: { labels }, spec }, place)]),
          view(undefined, [projectDataset({ status, spec }, place)]),
          view(undefined, undefined, [
            projectClientDaemonSet({ spec: { template } }, { ...place, name: "data-fuse" }),
          ]),
        ]) {
          const [volume] = resolveVolumes(
            pod({ spec: { volumes } }),
            "default",
            each,
            resolveOptions,
          ).volumes;
          if (volume?.kind === "problem") expect(volume.finding.message.length).toBeGreaterThan(10);
          expect(volume?.volume).toBe("v");
        }
      }),
    );
  });

  it("the same comes out each time, and nothing that came in is changed", () => {
    const input = pod(
      deepFreeze({
        spec: { containers: [], volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] },
      }),
    );
    const cluster = clusterOf(deepFreeze(objectsOf(fluidDataset("data", "jindo"))));
    const once = JSON.stringify(resolveVolumes(input, "default", cluster, resolveOptions));
    expect(JSON.stringify(resolveVolumes(input, "default", cluster, resolveOptions))).toBe(once);
  });
});

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
