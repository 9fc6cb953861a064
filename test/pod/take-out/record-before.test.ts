import type { Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { readBefore } from "../../../src/pod/take-out/before-injection.ts";
import { takeOut } from "../../../src/pod/take-out/take-out.ts";
import { completeCluster } from "../../support/arbitrary-cluster.ts";
import { decidePod } from "../../support/decide-pod.ts";

const cluster = completeCluster();
const status = "sluice.io/status";
const statusOf = ({ metadata }: Pod) => metadata?.annotations?.[status];

function podWith(
  volumes: Volume[],
  volumeMounts: VolumeMount[],
  metadata: NonNullable<Pod["metadata"]> = {},
): Pod {
  const labels = { "serverless.fluid.io/inject": "true", ...metadata.labels };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "train", ...metadata, labels },
    spec: { containers: [{ name: "app", image: "app:1", volumeMounts }], volumes },
  };
}

const claim = (name: string, readOnly?: boolean): Volume => ({
  name,
  persistentVolumeClaim: { claimName: name, ...(readOnly === undefined ? {} : { readOnly }) },
});
const data = claim("data");
const mount = (name: string, more: Partial<VolumeMount> = {}): VolumeMount => ({
  name,
  mountPath: `/${name}`,
  ...more,
});

function inject(pod: Pod): Pod {
  const decision = decidePod(pod, cluster);
  expect(decision.verdict, JSON.stringify(decision.findings)).toBe("injected");
  return decision.pod;
}

describe("what is written down of a pod", () => {
  it.each<[string, Pod, object]>([
    ["nothing that its structure tells", podWith([data], [mount("data", { subPath: "a/b" })]), {}],
    [
      "a volume's readOnly",
      podWith([claim("data", true)], [mount("data")]),
      { volumes: { data: { readOnly: true } } },
    ],
    [
      "a readOnly that is said to be false",
      podWith([claim("data", false)], [mount("data")]),
      { volumes: { data: { readOnly: false } } },
    ],
    [
      "a sub path that is not in its shortest form",
      podWith([data], [mount("data", { subPath: "./a/" })]),
      { mounts: { app: { "/data": { subPath: "./a/" } } } },
    ],
    [
      "how a mount propagates",
      podWith([data], [mount("data", { mountPropagation: "None" })]),
      { mounts: { app: { "/data": { mountPropagation: "None" } } } },
    ],
    [
      "marks that it had before",
      podWith([data], [mount("data")], {
        labels: { "fluid.io/managed-by": "me" },
        annotations: { "fluid.io/datasets-in-use": "other" },
      }),
      {
        labels: { "fluid.io/managed-by": "me" },
        annotations: { "fluid.io/datasets-in-use": "other" },
      },
    ],
    [
      "none of what a copy brought along of the status and the end",
      podWith([data], [mount("data")], { annotations: { [status]: '{"clients":{}}', "sluice.io/end": "a" } }),
      {},
    ],
  ])("is %s", (_, pod, expected) => {
    expect(readBefore(statusOf(inject(pod)))).toEqual(expected);
  });

  it("is nothing at all where it would be too much, and the structure is gone by", () => {
    const expression = `$(POD)/${"long/".repeat(500)}`;
    const pod = podWith([data], [mount("data", { subPathExpr: expression })]);
    const env = [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
    const [app] = pod.spec?.containers ?? [];
    const long = { ...pod, spec: { ...pod.spec, containers: [{ name: "app", ...app, env }] } };
    const injected = inject(long);
    expect(readBefore(statusOf(injected))).toBeUndefined();
    expect(takeOut(injected).pod.spec?.containers[0]?.volumeMounts?.[0]?.subPathExpr).toContain(
      "$(POD)/long",
    );
  });

  it("is kept by a second call, which adds what it does itself", () => {
    const pod = podWith([claim("data", true)], [mount("data")], { labels: { "fluid.io/managed-by": "me" } });
    const injected = inject(pod);
    const added = [claim("sub", true), mount("sub", { subPath: "x/" })] as const;
    const withMore = (one: Pod): Pod => {
      const [app, ...others] = one.spec?.containers ?? [];
      const volumeMounts = [...(app?.volumeMounts ?? []), added[1]];
      return {
        ...one,
        spec: {
          ...one.spec,
          containers: [{ name: "app", ...app, volumeMounts }, ...others],
          volumes: [...(one.spec?.volumes ?? []), added[0]],
        },
      };
    };
    const twice = inject(withMore(injected));
    expect(readBefore(statusOf(twice))).toEqual({
      volumes: { data: { readOnly: true }, sub: { readOnly: true } },
      mounts: { app: { "/sub": { subPath: "x/" } } },
      labels: { "fluid.io/managed-by": "me" },
    });
    const back = takeOut(twice);
    expect(back.notes).toEqual([]);
    const wanted = withMore(pod);
    const byName = (volumes: readonly Volume[] = []) =>
      [...volumes].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(byName(back.pod.spec?.volumes)).toEqual(byName(wanted.spec?.volumes));
    expect(back.pod.spec?.containers).toEqual(wanted.spec?.containers);
    expect(back.pod.metadata).toEqual(wanted.metadata);
  });

  it("is not made up by a second call for a first one that has not written it", () => {
    const injected = inject(podWith([data], [mount("data")]));
    const { before: _, ...older } = JSON.parse(statusOf(injected) ?? "{}");
    const annotations = { ...injected.metadata?.annotations, [status]: JSON.stringify(older) };
    const pod = { ...injected, metadata: { ...injected.metadata, annotations } };
    const [app] = pod.spec?.containers ?? [];
    const volumeMounts = [...(app?.volumeMounts ?? []), mount("sub")];
    const twice = inject({
      ...pod,
      spec: {
        ...pod.spec,
        containers: [{ name: "app", ...app, volumeMounts }],
        volumes: [...(pod.spec?.volumes ?? []), claim("sub")],
      },
    });
    expect(JSON.parse(statusOf(twice) ?? "{}")).not.toHaveProperty("before");
  });
});

describe("what is read of a status", () => {
  it.each([
    "{",
    "null",
    "[]",
    "{}",
    '{"before":[]}',
    '{"before":{"volumes":{"data":7}}}',
    '{"before":{"volumes":{"data":{"claim":7}}}}',
    '{"before":{"volumes":{"data":{"at":1.5}}}}',
    '{"before":{"mounts":{"app":{"/data":{"mountPath":"/etc"}}}}}',
    '{"before":{"mounts":{"app":{"/data":{"readOnly":"yes"}}}}}',
    '{"before":{"labels":{"a":1}}}',
    '{"before":{"annotations":"a"}}',
    '{"before":{"pullSecrets":"a"}}',
    '{"before":{"dns":[1]}}',
    '{"before":{"affinity":[]}}',
    '{"before":{"spread":false}}',
  ])("is nothing of %s", (text) => {
    expect(readBefore(text)).toBeUndefined();
  });

  it("may name members that every object has", () => {
    const injected = inject(podWith([data], [mount("data")]));
    const stated = JSON.parse(statusOf(injected) ?? "{}");
    const before =
      '{"volumes":{"__proto__":{"claim":"x","at":0}},"mounts":{"__proto__":{}},"labels":{"__proto__":"x"}}';
    const forged = JSON.stringify({ ...stated, before: "@" }).replace('"@"', before);
    const annotations = { ...injected.metadata?.annotations, [status]: forged };
    const { pod } = takeOut({ ...injected, metadata: { ...injected.metadata, annotations } });
    expect(pod.spec?.containers).toEqual(podWith([data], [mount("data")]).spec?.containers);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
