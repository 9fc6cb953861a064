import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../../src/config.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const cluster = optedInCluster([fluidDataset("data"), fluidDataset("more", "alluxio")]);
const prefix = "file-prefetcher.fluid.io/";
const name = "fluid-file-prefetcher";

function asking(pod: Pod, values: Record<string, string> = {}, annotations = {}): Pod {
  const asked = Object.entries({ inject: "true", ...values }).map(([key, value]) => [
    `${prefix}${key}`,
    value,
  ]);
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...annotations, ...Object.fromEntries(asked) } },
  };
}

function decideWith(pod: Pod, config: Partial<Config> = {}) {
  const decision = decidePod(pod, cluster, config);
  const { initContainers = [], containers = [] } = decision.pod.spec ?? {};
  const found = [...initContainers, ...containers].find((container) => container.name === name);
  return { decision, found, init: names(initContainers), containers: names(containers) };
}

function names(containers: readonly Container[]): string[] {
  return containers.map((container) => container.name);
}

/** What the prefetcher was told: when it ends, its time, the patterns. */
function told(container: Container | undefined) {
  const [, , , script, when, seconds, status, ...patterns] = container?.command ?? [];
  return { script, when, seconds, status, patterns };
}

const csi = { "sluice.io/mode": "csi" };
const classic = { "sluice.io/sidecar": "classic" };
const image = { prefetchImage: "tools:1" };

describe("the file prefetcher", () => {
  it("is an init container behind the clients that ends, so that the app finds the files read (W15)", () => {
    const { found, init, containers, decision } = decideWith(asking(podWith(["data"])));
    expect(init).toEqual(["sluice-guard", "fluid-fuse-0", name]);
    expect(containers).toEqual(["app"]);
    expect(found?.restartPolicy).toBeUndefined();
    expect(found?.image).toBe("registry.example/juicefs:1");
    expect(told(found)).toEqual({
      script: "sluice-prefetcher",
      when: "end",
      seconds: "120",
      status: "/tmp/fluid-file-prefetcher/status",
      patterns: ["/data/data/**"],
    });
    expect(found?.volumeMounts).toContainEqual({
      name: "data",
      mountPath: "/data/data",
      readOnly: true,
      subPath: "view-0",
      mountPropagation: "HostToContainer",
    });
    expect(decision.pod.metadata?.annotations?.[`${prefix}inject-done`]).toBe("true");
    expect(decision.findings).toContainEqual({
      code: "prefetched",
      message: "fluid-file-prefetcher reads data ahead, before the app starts, which waits for at most 120 s",
    });
  });

  it("is a native sidecar where the app does not wait, and shows its result to the app", () => {
    const { found, init, decision } = decideWith(asking(podWith(["data"]), { "async-prefetch": "true" }));
    expect(init).toEqual(["sluice-guard", "fluid-fuse-0", name]);
    expect(found?.restartPolicy).toBe("Always");
    expect(told(found)).toMatchObject({ when: "stay", seconds: "0" });
    expect(decision.pod.spec?.containers[0]?.volumeMounts).toContainEqual({
      name: "fluid-file-prefetcher-status-vol",
      mountPath: "/tmp/fluid-file-prefetcher/status",
    });
  });

  it.each<
    [
      string,
      Pod["spec"] extends infer S ? Partial<NonNullable<S>> : never,
      Record<string, string>,
      string,
      string[],
    ]
  >([
    ["a Job that waits", { restartPolicy: "Never" }, {}, "linger", ["fluid-fuse-0", name, "app"]],
    ["a service that waits", {}, {}, "stay", ["fluid-fuse-0", name, "app"]],
    [
      "a Job that does not wait",
      { restartPolicy: "OnFailure" },
      { "async-prefetch": "true" },
      "end",
      ["fluid-fuse-0", "app", name],
    ],
    ["a service that does not wait", {}, { "async-prefetch": "true" }, "stay", ["fluid-fuse-0", "app", name]],
  ])("is an ordinary container of %s beside a classic client", (_, spec, values, when, order) => {
    const { found, init, containers } = decideWith(asking(podWith(["data"], spec), values, classic));
    expect(init).toEqual([]);
    expect(containers.filter((container) => !container.startsWith("sluice-"))).toEqual(order);
    expect(told(found)).toMatchObject({ when, seconds: "0" });
    const hook = found?.lifecycle?.postStart?.exec?.command?.slice(3);
    const waits = values["async-prefetch"] === undefined;
    expect(hook).toEqual(
      waits ? ["sluice-prefetch-wait", "120", "/tmp/fluid-file-prefetcher/status"] : undefined,
    );
  });

  it.each<[string, Record<string, string>, Partial<Config>, string[], string[]]>([
    ["an init container that ends", {}, image, [name], ["app"]],
    [
      "an init container that ends, with classic sidecars too",
      {},
      { ...image, sidecar: "classic" },
      [name],
      ["app"],
    ],
    ["a native sidecar", { "async-prefetch": "true" }, image, [name], ["app"]],
    [
      "a container at the end",
      { "async-prefetch": "true" },
      { ...image, sidecar: "classic" },
      [],
      ["app", name],
    ],
  ])("is in csi mode %s", (_, values, config, init, containers) => {
    const result = decideWith(asking(podWith(["data"]), values, csi), config);
    expect({ init: result.init, containers: result.containers }).toEqual({ init, containers });
    expect(result.found?.image).toBe("tools:1");
    expect(result.found?.volumeMounts?.[0]).toEqual({
      name: "data",
      mountPath: "/data/data",
      readOnly: true,
      mountPropagation: "HostToContainer",
    });
  });

  it.each<[string, string[]]>([
    ["<ALL>", ["/data/data/**", "/data/again/**", "/data/more/**"]],
    ["pvc://more", ["/data/more/**"]],
    ["pvc://more/", ["/data/more/**"]],
    ["pvc://data/a/*.bin", ["/data/data/a/*.bin", "/data/again/a/*.bin"]],
    ["pvc://more/../../etc/*;pvc://more/x/./y//z/", ["/data/more/etc/*", "/data/more/x/y/z"]],
    ["pvc://more/$(HOME)/$$", ["/data/more/$$(HOME)/$$$$"]],
  ])("reads the list %s", (list, patterns) => {
    const pod = podWith(["data", "more"]);
    pod.spec?.volumes?.splice(1, 0, { name: "again", persistentVolumeClaim: { claimName: "data" } });
    pod.spec?.containers[0]?.volumeMounts?.push({ name: "again", mountPath: "/again" });
    expect(told(decideWith(asking(pod, { "file-list": list })).found).patterns).toEqual(patterns);
  });

  it("mounts only what it reads", () => {
    const { found } = decideWith(asking(podWith(["data", "more"]), { "file-list": "pvc://more/x" }));
    expect(found?.volumeMounts?.map((mount) => mount.mountPath)).toEqual([
      "/data/more",
      "/tmp/fluid-file-prefetcher/status",
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      "an item that is no pvc://",
      { "file-list": "/etc/passwd;pvc://data" },
      'item "/etc/passwd" of its file list is not of the form pvc://CLAIM/GLOB',
    ],
    [
      "a claim that is not the pod's",
      { "file-list": "pvc://other/x;pvc://data" },
      'claim "other" of its file list is no dataset that a container mounts',
    ],
  ])("warns of %s and reads the rest", (_, values, words) => {
    const { found, decision } = decideWith(asking(podWith(["data"]), values));
    expect(told(found).patterns).toEqual(["/data/data/**"]);
    expect(decision.findings.find(({ code }) => code === "not-served")?.message).toContain(words);
  });

  it.each<[string, Pod, Record<string, string>, string]>([
    [
      "a list that names nothing",
      podWith(["data"]),
      { "file-list": "" },
      "its file list names nothing in the pod's datasets",
    ],
    [
      "datasets that no container mounts",
      podWith(["data"], { containers: [{ name: "app" }] }),
      {},
      "no container of the pod mounts a dataset",
    ],
    [
      "a container of that name",
      podWith(["data"], { initContainers: [{ name }] }),
      {},
      `the pod has a container ${name} of its own: rename it`,
    ],
    [
      "csi mode without an image",
      podWith(["data"]),
      { ...{} },
      "no image is known for it: name one by file-prefetcher.fluid.io/image, or by prefetchImage in the configuration",
    ],
  ])("is left out, with a warning, for %s", (what, pod, values, words) => {
    const { decision } = decideWith(asking(pod, values, what.startsWith("csi") ? csi : {}));
    expect(decision.verdict).not.toBe("rejected");
    expect(decision.findings.find(({ code }) => code === "not-served")?.message).toBe(
      `${prefix}inject=true: ${words}`,
    );
    expect(decision.pod.metadata?.annotations?.[`${prefix}inject-done`]).toBeUndefined();
  });

  it("is left out where containers start side by side, and where a profile does not list it", () => {
    const words = (decision: ReturnType<typeof decidePod>) =>
      decision.findings.find(({ code }) => code === "not-served")?.message;
    const eci = { "sluice.io/platform": "eci" };
    expect(words(decideWith(asking(podWith(["data"]), {}, eci)).decision)).toBe(
      `${prefix}inject=true: the platform starts containers side by side, so that none finds the datasets mounted`,
    );
    const pipeline = { withDataset: ["FuseSidecar"], withoutDataset: [] } as const;
    const tiers = { preferred: [], required: [] };
    const profiled = optedInCluster([fluidDataset("data")], {
      pluginProfile: {
        namespace: "fluid-system",
        name: "webhook-plugins",
        pipelines: { serverful: pipeline, serverless: pipeline, tiers },
        problems: [],
      },
    });
    expect(words(decidePod(asking(podWith(["data"])), profiled))).toBe(
      `${prefix}inject=true: the plugin profile fluid-system/webhook-plugins lists no FilePrefetcher`,
    );
  });

  describe("refuses no pod by the room that it takes", () => {
    // The pod's own container and volume, a client and a guard with two volumes more.
    const tight = (rules: object) =>
      parseConfig({ platform: "tight", platforms: { tight: { like: "kubernetes", rules } } });
    const pod = asking(podWith(["data"]), { "async-prefetch": "true" });
    const bare = podWith(["data"]);
    const room = decidePod(bare, cluster, tight({})).pod.spec;
    const containers = (room?.containers.length ?? 0) + (room?.initContainers?.length ?? 0);
    const volumes = room?.volumes?.length ?? 0;

    it.each<[string, object, string]>([
      ["containers", { maxContainers: containers }, `${containers + 1} containers, more than ${containers}`],
      ["volumes", { maxVolumes: volumes }, `${volumes + 1} volumes, more than ${volumes}`],
    ])("%s", (_words, rules, words) => {
      const { decision, found } = decideWith(pod, tight(rules));
      expect([decision.verdict, found]).toEqual(["injected", undefined]);
      expect(decision.pod.spec).toEqual(decidePod(bare, cluster, tight(rules)).pod.spec);
      expect(decision.pod.metadata?.annotations?.[`${prefix}inject-done`]).toBeUndefined();
      const [left] = decision.findings;
      expect(left?.code).toBe("not-served");
      expect(left?.message).toContain(`${prefix}inject=true: its files are not read ahead, for with ${name}`);
      expect(left?.message).toContain(words);
    });

    it("but where there is room it stays, and a pod without room for its clients is refused", () => {
      const { found } = decideWith(pod, tight({ maxContainers: containers + 1, maxVolumes: volumes + 1 }));
      expect(told(found)).toMatchObject({ when: "stay", patterns: ["/data/data/**"] });
      const { decision } = decideWith(pod, tight({ maxContainers: containers - 1 }));
      expect(decision.verdict).toBe("rejected");
      expect(decision.findings[0]?.message).toContain(
        `${containers} containers, more than ${containers - 1}`,
      );
    });
  });

  it("refuses the pod for a value that is not known, whatever the mode", () => {
    for (const annotations of [{}, csi]) {
      const { decision } = decideWith(asking(podWith(["data"]), { "async-prefetch": "later" }, annotations));
      expect(decision.verdict).toBe("rejected");
      expect(codesOf(decision)[0]).toBe("bad-value");
    }
  });

  it("is put in once", () => {
    const { decision } = decideWith(asking(podWith(["data"])));
    expect(decidePod(decision.pod, cluster).edits).toEqual([]);
    const inCsi = decideWith(asking(podWith(["data"]), {}, csi), image).decision;
    expect(decidePod(inCsi.pod, cluster, image).edits).toEqual([]);
  });

  it("stands behind a mesh proxy, and in front of init containers of the pod", () => {
    const pod = podWith(["data"], {
      initContainers: [{ name: "istio-proxy", restartPolicy: "Always" }, { name: "prepare" }],
    });
    expect(decideWith(asking(pod)).init).toEqual([
      "istio-proxy",
      "sluice-guard",
      "fluid-fuse-0",
      name,
      "prepare",
    ]);
  });

  it("reads as the app does, but never as more", () => {
    const container = {
      name: "app",
      volumeMounts: [{ name: "data", mountPath: "/data" }],
      securityContext: { privileged: true, runAsUser: 1000, capabilities: { drop: ["ALL"] } },
    };
    const { found } = decideWith(asking(podWith(["data"], { containers: [container] })));
    expect(found?.securityContext).toEqual({ runAsUser: 1000, capabilities: { drop: ["ALL"] } });
    const nonRoot = podWith(["data"], { securityContext: { runAsNonRoot: true } });
    expect(decideWith(asking(nonRoot)).found?.securityContext).toEqual({ runAsUser: 65534 });
  });

  it("may take what the app may while the app waits, and keeps a Guaranteed pod one", () => {
    const sizes = { cpu: "4", memory: "8Gi" };
    const container = {
      name: "app",
      volumeMounts: [{ name: "data", mountPath: "/data" }],
      resources: {
        requests: { ...sizes, "nvidia.com/gpu": "1" },
        limits: { ...sizes, "nvidia.com/gpu": "1" },
      },
    };
    const pod = podWith(["data"], { containers: [container] });
    expect(decideWith(asking(pod)).found?.resources).toEqual({ requests: sizes, limits: sizes });
    const free = podWith(["data"]);
    expect(decideWith(asking(free)).found?.resources).toBeUndefined();
    const requests = { cpu: "100m", memory: "256Mi" };
    const async = { "async-prefetch": "true" };
    expect(decideWith(asking(free, async)).found?.resources).toEqual({ requests, limits: { cpu: "2" } });
    const small = {
      name: "app",
      volumeMounts: container.volumeMounts,
      resources: { limits: { memory: "128Mi" } },
    };
    expect(decideWith(asking(podWith(["data"], { containers: [small] }), async)).found?.resources).toEqual({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "2", memory: "128Mi" },
    });
    const beside = decideWith(asking(pod, async));
    expect(beside.found?.resources).toEqual({
      requests: { cpu: "2", memory: "2Gi" },
      limits: { cpu: "2", memory: "2Gi" },
    });
  });
});
