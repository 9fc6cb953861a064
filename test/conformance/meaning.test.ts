import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { differences, meaningOf } from "./meaning.ts";
import { haveRecordings, recordedCases } from "./recorded-cases.ts";

const original: Pod = {
  metadata: { name: "p", labels: { "serverless.fluid.io/inject": "true" }, annotations: { mine: "1" } },
  spec: {
    containers: [
      { name: "app", image: "nginx", volumeMounts: [{ name: "data", mountPath: "/data", subPath: "train" }] },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "demo" } },
      { name: "tmp", emptyDir: {} },
    ],
    nodeSelector: { pool: "gpu" },
  },
};

const marks = {
  "serverless.fluid.io/inject": "true",
  "dataset-name.sidecar.fluid.io/fluid-fuse-0": "demo",
  "dataset-namespace.sidecar.fluid.io/fluid-fuse-0": "default",
};

const template = {
  name: "fluid-fuse-0",
  image: "juicefs:1",
  env: [{ name: "A", value: "1" }],
  securityContext: { privileged: true },
  resources: { requests: { memory: "1Gi" } },
} satisfies Container;

/** The pod as Fluid makes it, with what `over` says of the client. */
function fluidPod(over: Partial<Container> = {}): Pod {
  return {
    metadata: { ...original.metadata, labels: marks },
    spec: {
      ...original.spec,
      containers: [
        {
          ...template,
          command: ["sh", "/mount.sh"],
          args: ["-o", "ro"],
          volumeMounts: [
            { name: "juicefs-fuse-mount-0", mountPath: "/jfs", mountPropagation: "Bidirectional" },
            { name: "script-0", mountPath: "/script" },
          ],
          ...over,
        },
        {
          name: "app",
          image: "nginx",
          volumeMounts: [
            { name: "data", mountPath: "/data", subPath: "train", mountPropagation: "HostToContainer" },
          ],
        },
      ],
      volumes: [
        { name: "data", hostPath: { path: "/runtime-mnt/juicefs/default/demo/juicefs-fuse" } },
        { name: "tmp", emptyDir: {} },
        { name: "juicefs-fuse-mount-0", hostPath: { path: "/runtime-mnt/juicefs/default/demo" } },
        { name: "script-0", configMap: { name: "demo-script" } },
      ],
    },
  };
}

const shared = { emptyDir: { medium: "Memory", sizeLimit: "1Mi" } };
const appMount = { name: "data", mountPath: "/data", subPath: "view-1", mountPropagation: "HostToContainer" };
const views = ["/sluice/views/data/view-0", ".", "rw", "/sluice/views/data/view-1", "train", "rw"];

/** The same pod as Sluice makes it; `client` and `added` are its containers before the app. */
function sluicePod(...containers: readonly Container[]): Pod {
  return {
    metadata: { ...original.metadata, labels: marks },
    spec: {
      ...original.spec,
      containers: [...containers, { name: "app", image: "nginx", volumeMounts: [appMount] }],
      volumes: [
        { name: "data", ...shared },
        { name: "tmp", emptyDir: {} },
        { name: "script", configMap: { name: "demo-script" } },
        { name: "sluice-mount-0", ...shared },
      ],
    },
  };
}

const sharedMount = { name: "data", mountPath: "/sluice/views/data", mountPropagation: "Bidirectional" };
const supervisedClient: Container = {
  ...template,
  command: [
    "sh",
    "-c",
    "the script",
    "sluice-supervisor",
    "/jfs/juicefs-fuse",
    ...views,
    "--",
    "sh",
    "/mount.sh",
    "-o",
    "ro",
  ],
  volumeMounts: [{ name: "script", mountPath: "/script" }, sharedMount],
};

describe("what the comparison sees as one", () => {
  it("a pod and itself", () => {
    expect(differences(fluidPod(), fluidPod(), original)).toEqual([]);
    expect(differences(sluicePod(supervisedClient), sluicePod(supervisedClient), original)).toEqual([]);
  });

  it("a host path and a view, but for how the mount is shared", () => {
    expect(paths(fluidPod(), sluicePod(supervisedClient))).toEqual([
      "client/default/demo/mount /jfs",
      "client/default/demo/mount /sluice/views/data",
      "unused-volume/sluice-mount-0",
    ]);
  });

  it("a client that runs bare with another container that attends its views", () => {
    const bare: Container = {
      ...template,
      command: ["sh", "/mount.sh", "-o", "ro"],
      volumeMounts: [
        { name: "script", mountPath: "/script" },
        { name: "sluice-mount-0", mountPath: "/jfs", mountPropagation: "Bidirectional" },
      ],
    };
    const attendant: Container = {
      name: "sluice-views-0",
      command: ["sh", "-c", "the script", "sluice-supervisor", "/elsewhere/juicefs-fuse", ...views],
      volumeMounts: [{ name: "sluice-mount-0", mountPath: "/elsewhere" }, sharedMount],
    };
    expect(paths(fluidPod(), sluicePod(bare, attendant))).toEqual([
      "added/sluice-views-0",
      "client/default/demo/mount /jfs",
    ]);
  });

  it.each<[string, (pod: Pod) => Pod]>([
    [
      "null, {} and [] where they say nothing",
      (pod) => withSpec({ ...pod, status: {} }, { tolerations: [] }),
    ],
    [
      "readOnly: false",
      (pod) =>
        withApp(pod, {
          name: "data",
          mountPath: "/data",
          subPath: "train",
          mountPropagation: "HostToContainer",
          readOnly: false,
        }),
    ],
    [
      "the order of labels",
      (pod) => ({
        ...pod,
        metadata: { ...pod.metadata, labels: Object.fromEntries(Object.entries(marks).reverse()) },
      }),
    ],
  ])("%s", (_, change) => {
    expect(differences(fluidPod(), change(fluidPod()), original)).toEqual([]);
  });

  it("affinity terms in another order", () => {
    const zone = { key: "zone", operator: "In", values: ["a", "b"] };
    const arch = { key: "arch", operator: "In", values: ["amd64"] };
    const one = withRequired(fluidPod(), [{ matchExpressions: [zone, arch] }, { matchExpressions: [arch] }]);
    const other = withRequired(fluidPod(), [
      { matchExpressions: [arch] },
      { matchExpressions: [arch, { ...zone, values: ["b", "a"] }] },
    ]);
    expect(differences(one, other, original)).toEqual([]);
    expect(paths(one, withRequired(fluidPod(), [{ matchExpressions: [zone, arch] }]))).toEqual([
      "affinity/required",
    ]);
  });
});

describe("what the comparison finds", () => {
  it.each<[string, Pod, string[]]>([
    ["another image", fluidPod({ image: "juicefs:2" }), ["client/default/demo/image"]],
    ["another command", fluidPod({ command: ["sh", "/other.sh"] }), ["client/default/demo/command"]],
    [
      "another size",
      fluidPod({ resources: { requests: { memory: "2Gi" } } }),
      ["client/default/demo/resources/requests/memory"],
    ],
    ["a variable less", fluidPod({ env: [] }), ["client/default/demo/env/A"]],
    [
      "a lifecycle hook",
      fluidPod({ lifecycle: { preStop: { exec: { command: ["umount"] } } } }),
      ["client/default/demo/lifecycle/preStop"],
    ],
    [
      "less privilege",
      fluidPod({ securityContext: { privileged: false } }),
      ["client/default/demo/securityContext/privileged"],
    ],
    ["another name of the client", renamed(fluidPod(), "fluid-fuse-7"), ["client/default/demo/name"]],
    [
      "a mount of the client less",
      fluidPod({
        volumeMounts: [
          { name: "juicefs-fuse-mount-0", mountPath: "/jfs", mountPropagation: "Bidirectional" },
        ],
      }),
      ["client/default/demo/mount /script", "unused-volume/script-0"],
    ],
    [
      "another sub path",
      withApp(fluidPod(), {
        name: "data",
        mountPath: "/data",
        subPath: "test",
        mountPropagation: "HostToContainer",
      }),
      ["containers/app/mount /data"],
    ],
    [
      "a read-only mount",
      withApp(fluidPod(), {
        name: "data",
        mountPath: "/data",
        subPath: "train",
        mountPropagation: "HostToContainer",
        readOnly: true,
      }),
      ["containers/app/mount /data"],
    ],
    [
      "no propagation",
      withApp(fluidPod(), { name: "data", mountPath: "/data", subPath: "train" }),
      ["containers/app/mount /data"],
    ],
    [
      "another mount path",
      withApp(fluidPod(), {
        name: "data",
        mountPath: "/other",
        subPath: "train",
        mountPropagation: "HostToContainer",
      }),
      ["containers/app/mount /data", "containers/app/mount /other"],
    ],
    ["a pod field less", withSpec(fluidPod(), { nodeSelector: {} }), ["spec/nodeSelector"]],
    [
      "a label",
      { ...fluidPod(), metadata: { ...fluidPod().metadata, labels: { ...marks, x: "y" } } },
      ["label/x"],
    ],
    ["an annotation less", { ...fluidPod(), metadata: { name: "p", labels: marks } }, ["annotation/mine"]],
    ["the client behind the app", turned(fluidPod()), ["client/default/demo/position"]],
    ["a preferred term twice", preferredTwice(fluidPod()), ["affinity/preferred 2 zone Exists []"]],
    [
      "a volume of the pod's own changed",
      withSpec(fluidPod(), {
        volumes:
          fluidPod().spec?.volumes?.map((v) =>
            v.name === "tmp" ? { name: "tmp", emptyDir: { medium: "Memory" } } : v,
          ) ?? [],
      }),
      ["volume/tmp"],
    ],
  ])("%s", (_, changed, expected) => {
    expect(paths(fluidPod(), changed)).toEqual(expected);
  });

  it("a view of another directory, of another access, and none at all", () => {
    const looking = (...triple: string[]) => {
      const command = (supervisedClient.command ?? []).map((word) => word);
      command.splice(8, 3, ...triple);
      return meaningOf(sluicePod({ ...supervisedClient, command }), original).get(
        "containers/app/mount /data",
      );
    };
    const place = {
      dataset: "default/demo",
      at: "/jfs/juicefs-fuse/train",
      readOnly: false,
      mountPropagation: "HostToContainer",
    };
    expect(looking("/sluice/views/data/view-1", "train", "rw")).toEqual(place);
    expect(looking("/sluice/views/data/view-1", "test", "rw")).toEqual({
      ...place,
      at: "/jfs/juicefs-fuse/test",
    });
    expect(looking("/sluice/views/data/view-1", "train", "ro")).toEqual({ ...place, readOnly: true });
    expect(looking("/sluice/views/other/view-1", "train", "rw")).toMatchObject({
      source: shared,
      subPath: "view-1",
    });
  });

  it("the pod's own container among those that were added under its name", () => {
    const mine: Pod = { spec: { containers: [{ name: "fluid-fuse-0", image: "mine" }] } };
    const twice: Pod = {
      metadata: { labels: marks },
      spec: { containers: [template, { name: "fluid-fuse-0", image: "mine" }] },
    };
    expect(meaningOf(twice, mine).get("containers/fluid-fuse-0/image")).toBe("mine");
    expect(meaningOf(twice, mine).get("client/default/demo/image")).toBe("juicefs:1");
  });
});

describe.skipIf(!haveRecordings)(
  "on what Fluid's webhook answered (skipped where the recordings are not at hand)",
  () => {
    const { cases } = recordedCases();

    it.each(cases.map((one) => [one.name, one] as const))(
      "%s: equal to itself, and every mount is understood",
      (_, one) => {
        const { object } = one.review.request;
        const pod = one.fluid ?? object;
        expect(differences(pod, structuredClone(pod), object)).toEqual([]);
        for (const [path, value] of meaningOf(pod, object)) {
          expect(path).not.toContain("unlabelled");
          expect(value).not.toHaveProperty("missing");
        }
      },
    );
  },
);

function paths(fluid: Pod, ours: Pod): string[] {
  return differences(fluid, ours, original).map((difference) => difference.path);
}

function withSpec(pod: Pod, over: Partial<NonNullable<Pod["spec"]>>): Pod {
  return { ...pod, spec: { containers: [], ...pod.spec, ...over } };
}

function withApp(pod: Pod, mount: NonNullable<Container["volumeMounts"]>[number]): Pod {
  const containers = pod.spec?.containers ?? [];
  return withSpec(pod, {
    containers: containers.map((c) => (c.name === "app" ? { ...c, volumeMounts: [mount] } : c)),
  });
}

function turned(pod: Pod): Pod {
  return withSpec(pod, { containers: [...(pod.spec?.containers ?? [])].reverse() });
}

function renamed(pod: Pod, name: string): Pod {
  const labels = Object.entries(marks).map(([key, value]) => [key.replace("fluid-fuse-0", name), value]);
  const containers = (pod.spec?.containers ?? []).map((c) => (c.name === "app" ? c : { ...c, name }));
  return withSpec(
    { ...pod, metadata: { ...pod.metadata, labels: Object.fromEntries(labels) } },
    { containers },
  );
}

function withRequired(
  pod: Pod,
  nodeSelectorTerms: { matchExpressions: { key: string; operator: string; values: string[] }[] }[],
): Pod {
  return withSpec(pod, {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
}

function preferredTwice(pod: Pod): Pod {
  const term = { weight: 1, preference: { matchExpressions: [{ key: "zone", operator: "Exists" }] } };
  return withSpec(pod, {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [term, term] } },
  });
}
