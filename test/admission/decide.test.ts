import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/admission/decision.ts";
import { isGuardCommand, parseSupervisorCommand } from "../../src/pod/client-commands.ts";
import {
  bareDataset,
  furtherClaim,
  nestedDataset,
  subPathDataset,
  withClient,
  writableDataset,
} from "../support/dataset-zoo.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { startOrder, viewOf } from "../support/pod-facts.ts";

const data = writableDataset("data");
const images = fluidDataset("images", "alluxio");
const cluster = optedInCluster([data, images]);

function names(decision: Decision, list: "initContainers" | "containers" = "initContainers"): string[] {
  return (decision.pod.spec?.[list] ?? []).map((container) => container.name);
}

function find(decision: Decision, name: string) {
  return startOrder(decision.pod).find((container) => container.name === name);
}

function volumeOf(decision: Decision, name: string) {
  return decision.pod.spec?.volumes?.find((volume) => volume.name === name);
}

const shared = { emptyDir: { medium: "Memory", sizeLimit: "1Mi" } };

describe("a pod with a dataset", () => {
  const decision = decidePod(podWith(["data"]), cluster);

  it("gets guard and client first, its volume shared and its mount a view", () => {
    expect(decision).toMatchObject({
      verdict: "injected",
      mode: "sidecar",
      platform: "kubernetes",
      sidecar: "native",
      volumes: [{ volume: "data", code: "injected", dataset: "default/data", client: "fluid-fuse-0" }],
    });
    expect(names(decision)).toEqual(["sluice-guard", "fluid-fuse-0"]);
    expect(volumeOf(decision, "data")).toEqual({ name: "data", ...shared });
    expect(find(decision, "app")?.volumeMounts).toEqual([
      { name: "data", mountPath: "/data", subPath: "view-0", mountPropagation: "HostToContainer" },
    ]);
  });

  it("gets the template's volumes but the one by which it shares its mount, and an empty one for the token", () => {
    expect(decision.pod.spec?.volumes?.map(({ name }) => name)).toEqual([
      "data",
      "script-0",
      "sluice-no-token",
    ]);
    expect(volumeOf(decision, "sluice-no-token")).toEqual({ name: "sluice-no-token", ...shared });
    for (const name of names(decision))
      expect(find(decision, name)?.volumeMounts?.at(-1)?.mountPath).toBe(
        "/var/run/secrets/kubernetes.io/serviceaccount",
      );
  });

  it("lets the client mount at its template's own path", () => {
    expect(parseSupervisorCommand(find(decision, "fluid-fuse-0")?.command)).toEqual({
      mountPath: "/runtime-mnt/juicefs/default/data/juicefs-fuse",
      views: [{ path: "/sluice/views/data/view-0", source: ".", readOnly: false }],
      client: ["/entrypoint.sh", "fuse", "/runtime-mnt/juicefs/default/data/juicefs-fuse"],
    });
  });

  it("is marked and steered", () => {
    expect(decision.pod.metadata?.labels?.["done.sidecar.fluid.io/inject"]).toBe("true");
    expect(decision.pod.metadata?.annotations?.["fluid.io/datasets-in-use"]).toBe("data");
    expect(codesOf(decision)).toContain("cache-preferred");
    expect(decision.pod.spec?.affinity?.nodeAffinity).toMatchObject({
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }],
    });
  });

  it("says why each edit is made", () => {
    for (const { why } of decision.edits) expect(why).not.toBe("");
  });
});

describe("volumes of a pod", () => {
  it("of one claim, mounted twice, have one client and views of their own", () => {
    const pod = podWith([], {
      volumes: [
        { name: "rw", persistentVolumeClaim: { claimName: "data" } },
        { name: "ro", persistentVolumeClaim: { claimName: "data", readOnly: true } },
      ],
      containers: [
        {
          name: "app",
          volumeMounts: [
            { name: "rw", mountPath: "/rw" },
            { name: "ro", mountPath: "/ro" },
          ],
        },
      ],
    });
    const decision = decidePod(pod, cluster);
    expect(names(decision)).toEqual(["sluice-guard", "fluid-fuse-0"]);
    expect(parseSupervisorCommand(find(decision, "fluid-fuse-0")?.command)?.views).toEqual([
      { path: "/sluice/views/rw/view-0", source: ".", readOnly: false },
      { path: "/sluice/views/ro/view-0", source: ".", readOnly: true },
    ]);
  });

  it("of two claims of one Dataset have one client", () => {
    const objects = objectsOf(data);
    const both = optedInCluster([data], { claims: [...objects.claims, furtherClaim("again", data)] });
    const decision = decidePod(podWith(["data", "again"]), both);
    expect(names(decision)).toEqual(["sluice-guard", "fluid-fuse-0"]);
    expect(decision.volumes.map(({ client }) => client)).toEqual(["fluid-fuse-0", "fluid-fuse-0"]);
    expect(viewsOf(decision, "fluid-fuse-0")).toEqual([
      "/sluice/views/data/view-0 rw",
      "/sluice/views/again/view-0 ro",
    ]);
  });

  it("of several datasets have clients numbered by claim", () => {
    const decision = decidePod(podWith(["images", "data"]), cluster);
    expect(decision.volumes.map(({ client }) => client)).toEqual(["fluid-fuse-1", "fluid-fuse-0"]);
  });

  it("that no container mounts stay as they are, and are served when a container that mounts them comes later", () => {
    const unmounted = podWith(["data"], { containers: [{ name: "app" }] });
    const decision = decidePod(unmounted, cluster);
    expect(decision.volumes).toMatchObject([{ code: "not-mounted" }]);
    expect(decision).toMatchObject({ verdict: "unchanged", pod: unmounted });
    const late = decidePod(podWith(["data"]), cluster);
    expect(late.volumes).toMatchObject([{ code: "injected" }]);
  });

  it("that are no datasets stay as they are", () => {
    const other = [{ name: "settings", configMap: { name: "settings" } }];
    const pod = podWith(["data"]);
    const decision = decidePod(
      { ...pod, spec: { ...pod.spec, volumes: [...other, ...(pod.spec?.volumes ?? [])] } },
      cluster,
    );
    expect(decision.pod.spec?.volumes?.[0]).toBe(other[0]);
  });

  it("that begin at a sub path show it", () => {
    const decision = decidePod(podWith(["sub"]), optedInCluster([subPathDataset("sub", "a/b")]));
    const [mount] = find(decision, "app")?.volumeMounts ?? [];
    expect(mount && viewOf(decision.pod, mount)).toEqual({
      keeper: "fluid-fuse-0",
      source: "a/b",
      readOnly: false,
    });
  });

  it.each<[string, boolean, string[], string]>([
    ["the claim grants reading only", false, ["ReadOnlyMany"], "ro"],
    ["the pod's volume is read-only", true, ["ReadWriteMany"], "ro"],
    ["neither", false, ["ReadWriteMany"], "rw"],
    ["the claim grants both", false, ["ReadOnlyMany", "ReadWriteMany"], "rw"],
  ])("are read-only or not: %s", (_, readOnly, accessModes, mode) => {
    const claim = { ...data.claim, accessModes };
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data", readOnly } }];
    const decision = decidePod(podWith(["data"], { volumes }), optedInCluster([{ ...data, claim }]));
    expect(viewsOf(decision, "fluid-fuse-0")).toEqual([`/sluice/views/data/view-0 ${mode}`]);
  });
});

function viewsOf(decision: Decision, client: string): string[] {
  const views = parseSupervisorCommand(find(decision, client)?.command)?.views ?? [];
  return views.map((view) => `${view.path} ${view.readOnly ? "ro" : "rw"}`);
}

describe("clients", () => {
  it("whose dataset is another's source start before it, and show it in it", () => {
    // The numbers are against the order: deep (0) reads nested (2), which reads data (1).
    const nested = optedInCluster([nestedDataset("deep", "nested"), nestedDataset("nested", "data"), data]);
    const decision = decidePod(podWith(["deep"]), nested);
    expect(decision.verdict).toBe("injected");
    const sources = names(decision)
      .slice(1)
      .map((name) => {
        const mount = find(decision, name)?.volumeMounts?.find(({ mountPath }) => mountPath === "/source");
        return mount === undefined ? undefined : viewOf(decision.pod, mount)?.keeper;
      });
    expect(sources).toEqual([undefined, names(decision)[1], names(decision)[2]]);
    const guarded = find(decision, "sluice-guard")?.command?.slice(4);
    expect(guarded).toHaveLength(3);
  });

  it("without a command are attended, and their mount is guarded", () => {
    const decision = decidePod(podWith(["bare"]), optedInCluster([bareDataset("bare")]));
    expect(names(decision)).toEqual(["sluice-guard", "fluid-fuse-0", "sluice-views-0"]);
    expect(find(decision, "fluid-fuse-0")).not.toHaveProperty("command");
    expect(volumeOf(decision, "sluice-mount-0")).toEqual({ name: "sluice-mount-0", ...shared });
    expect(find(decision, "sluice-guard")?.command?.slice(4)).toEqual([
      "/sluice/views/bare",
      "/sluice/views/sluice-mount-0",
    ]);
  });

  it("take no name of the user's, and none longer than 63 characters", () => {
    const long = "v".repeat(63);
    const odd = withClient(
      data,
      (container) => ({
        ...container,
        volumeMounts: [...(container.volumeMounts ?? []), { name: long, mountPath: "/v" }],
      }),
      [{ name: long, emptyDir: {} }],
    );
    const pod = podWith(["data"]);
    const taken = ["script-0", "sluice-no-token"].map((name) => ({ name, emptyDir: {} }));
    const spec = {
      containers: [...(pod.spec?.containers ?? []), { name: "fluid-fuse-0" }, { name: "sluice-guard" }],
      volumes: [...(pod.spec?.volumes ?? []), ...taken],
    };
    const decision = decidePod({ ...pod, spec }, optedInCluster([odd]));
    expect(names(decision)).toEqual(["sluice-guard-2", "fluid-fuse-1"]);
    expect(decision.pod.spec?.volumes?.slice(3).map(({ name }) => name)).toEqual([
      "script-1",
      expect.stringMatching(/^v{54}-[0-9a-f]{8}$/),
      "sluice-no-token-2",
    ]);
  });

  it.each<[string, string[], string[]]>([
    ["first", ["prepare"], ["sluice-guard", "fluid-fuse-0", "prepare"]],
    [
      "behind a mesh proxy",
      ["istio-proxy", "prepare"],
      ["istio-proxy", "sluice-guard", "fluid-fuse-0", "prepare"],
    ],
    [
      "before a reader that comes before the proxy",
      ["reader", "istio-proxy"],
      ["sluice-guard", "fluid-fuse-0", "reader", "istio-proxy"],
    ],
    [
      "before a mesh proxy that is no sidecar",
      ["istio-proxy-init"],
      ["sluice-guard", "fluid-fuse-0", "istio-proxy-init"],
    ],
  ])("stand %s", (_, before, after) => {
    const initContainers = before.map((name) => ({
      name,
      ...(name === "istio-proxy" && { restartPolicy: "Always" }),
      ...(name === "reader" && { volumeMounts: [{ name: "data", mountPath: "/in" }] }),
    }));
    expect(names(decidePod(podWith(["data"], { initContainers }), cluster))).toEqual(after);
  });
});

describe("classic sidecars", () => {
  const classic = (pod: Pod) => decidePod(pod, cluster, { sidecar: "classic" });

  it("stand before the app, and kubectl goes on to take the app for the main container", () => {
    const decision = classic(podWith(["data"], { initContainers: [{ name: "prepare" }] }));
    expect(names(decision, "containers")).toEqual(["sluice-guard", "fluid-fuse-0", "app"]);
    expect(names(decision)).toEqual(["prepare"]);
    expect(decision.pod.metadata?.annotations?.["kubectl.kubernetes.io/default-container"]).toBe("app");
    expect(find(decision, "sluice-guard")).not.toHaveProperty("restartPolicy");
    expect(isGuardCommand(find(decision, "sluice-guard")?.command)).toBe(true);
  });

  it("keep the default container that the user names", () => {
    const annotations = { "kubectl.kubernetes.io/default-container": "other" };
    const decision = classic({ ...podWith(["data"]), metadata: { annotations } });
    expect(decision.pod.metadata?.annotations).toMatchObject(annotations);
  });

  it("are taken where a node that the pod can reach is too old", () => {
    const nodes = [{ name: "old", labels: {}, taints: [], kubeletVersion: "v1.28.3" }];
    const decision = decidePod(podWith(["data"]), optedInCluster([data], { nodes }));
    expect(decision.sidecar).toBe("classic");
    const native = { metadata: { annotations: { "sluice.io/sidecar": "native" } } };
    expect(decidePod({ ...podWith(["data"]), ...native }, optedInCluster([data], { nodes })).sidecar).toBe(
      "native",
    );
  });
});

describe("what the pod is told", () => {
  const equal = { cpu: "1", memory: "1Gi" };
  const guaranteed = [
    { name: "app", resources: { limits: equal }, volumeMounts: [{ name: "data", mountPath: "/d" }] },
  ];

  it.each<[string, Partial<NonNullable<Pod["spec"]>>, Record<string, string>, string, boolean]>([
    ["that it is no longer Guaranteed", { containers: guaranteed }, {}, "qos-lowered", true],
    [
      "nothing of that when the client is, too",
      { containers: guaranteed },
      {
        "sluice.io/client-cpu-request": "1",
        "sluice.io/client-cpu-limit": "1",
        "sluice.io/client-memory-request": "1Gi",
        "sluice.io/client-memory-limit": "1Gi",
      },
      "qos-lowered",
      false,
    ],
    ["nothing of that when it was not", {}, {}, "qos-lowered", false],
    [
      "that its working directory will not heal",
      { containers: [{ ...guaranteed[0], name: "app", workingDir: "/d/x" }] },
      {},
      "working-dir-in-dataset",
      true,
    ],
    [
      "that a mount will not heal",
      {
        containers: [
          {
            name: "app",
            volumeMounts: [
              { name: "data", mountPath: "/d" },
              { name: "x", mountPath: "/d/x" },
            ],
          },
        ],
      },
      {},
      "no-healing",
      true,
    ],
  ])("%s", (_, spec, annotations, code, told) => {
    const decision = decidePod({ ...podWith(["data"], spec), metadata: { annotations } }, cluster);
    expect(decision.verdict).toBe("injected");
    expect(codesOf(decision).includes(code)).toBe(told);
  });

  it("that ReadWriteOncePod is no longer enforced", () => {
    const once = { ...data, claim: { ...data.claim, accessModes: ["ReadWriteOncePod"] } };
    expect(codesOf(decidePod(podWith(["data"]), optedInCluster([once])))).toContain("read-write-once-pod");
  });

  it("what of the client's template was left out", () => {
    const { daemonSet } = data;
    const template = { ...daemonSet.template, hostNetwork: true };
    const odd = optedInCluster([{ ...data, daemonSet: { ...daemonSet, template } }]);
    const decision = decidePod(podWith(["data"]), odd);
    expect(decision.findings).toContainEqual({
      code: "template-part-dropped",
      message: expect.stringMatching(/fluid-fuse-0 .*the host's network/),
    });
  });
});

describe("the client's pull secrets", () => {
  const { daemonSet } = data;
  const template = { ...daemonSet.template, imagePullSecrets: [{ name: "hub" }] };
  const secret = { ...data, daemonSet: { ...daemonSet, template } };
  const accounts = [{ namespace: "default", name: "trainer", imagePullSecrets: [{ name: "sa" }] }];
  const known = optedInCluster([secret], { serviceAccounts: accounts });
  const pod = podWith(["data"], { serviceAccountName: "trainer" });

  it.each<[string, Pod, boolean, string[] | undefined, boolean]>([
    ["are added to a pod", pod, false, ["hub"], false],
    ["come after the ServiceAccount's in a template", pod, true, ["sa", "hub"], false],
    ["are named where the ServiceAccount is not known", podWith(["data"]), true, undefined, true],
    [
      "are added where the template lists some",
      podWith(["data"], { imagePullSecrets: [{ name: "x" }] }),
      true,
      ["x", "hub"],
      false,
    ],
  ])("%s", (_, object, fromTemplate, secrets, warned) => {
    const decision = decidePod(object, known, {}, { fromTemplate });
    expect(decision.pod.spec?.imagePullSecrets?.map(({ name }) => name)).toEqual(secrets);
    expect(codesOf(decision).includes("pull-secrets")).toBe(warned);
  });
});
