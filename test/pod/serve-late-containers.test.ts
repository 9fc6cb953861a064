import type { Container, Pod, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { gateCommand, parseSupervisorCommand, supervisorCommand } from "../../src/pod/client-commands.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { servedVolumes, serveLateContainers } from "../../src/pod/serve-late-containers.ts";

const shared = (name: string) => ({
  name,
  mountPath: `/sluice/views/${name}`,
  mountPropagation: "Bidirectional",
});

/** A client that is in the pod already; it serves a view of the whole of each of `volumes`. */
function client(name: string, volumes: readonly string[], ...mounts: VolumeMount[]): Container {
  const views = volumes.map((volume) => ({
    path: `/sluice/views/${volume}/view-0`,
    source: ".",
    readOnly: false,
  }));
  const command = supervisorCommand({ mountPath: "/mnt", views, client: ["juicefs"] });
  const paths = views.map((view) => view.path);
  const postStart = { exec: { command: gateCommand(7, paths) } };
  return { name, command, lifecycle: { postStart }, volumeMounts: [...volumes.map(shared), ...mounts] };
}

function reader(name: string, mount: Partial<VolumeMount> = {}): Container {
  return { name, volumeMounts: [{ name: "data", mountPath: "/data", ...mount }] };
}

function podOf(initContainers: Container[], containers: Container[] = []): Pod {
  const volumes = [
    { name: "data", emptyDir: {} },
    { name: "models", emptyDir: {} },
  ];
  return { spec: { volumes, initContainers, containers } };
}

function serve(pod: Pod) {
  const editor = new PodEditor(pod);
  const findings = serveLateContainers(editor, servedVolumes(pod, false));
  const order = editor.pod.spec?.initContainers?.map((container) => container.name);
  return { pod: editor.pod, edits: editor.edits, codes: findings.map(({ code }) => code), order };
}

describe("volumes that are served already", () => {
  const supervisor = client("fluid-fuse-0", ["data", "models"]);

  it.each<[string, Pod, string[]]>([
    ["are known by a supervisor's command and its mounts", podOf([supervisor]), ["data", "models"]],
    ["are known among the containers, too", podOf([], [supervisor]), ["data", "models"]],
    ["are not known without the mount", podOf([{ ...supervisor, volumeMounts: [shared("data")] }]), ["data"]],
    [
      "are not known without the volume",
      { spec: { ...podOf([]).spec, containers: [client("c", ["other"])] } },
      [],
    ],
    [
      "are not known by a mount that any container may have",
      podOf([{ ...supervisor, volumeMounts: [{ name: "data", mountPath: "/sluice/views/data" }] }]),
      [],
    ],
    [
      "are not known as long as they are claims",
      {
        spec: {
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
          containers: [supervisor],
        },
      },
      [],
    ],
    ["are not known by a name alone", podOf([{ name: "fluid-fuse-0", command: ["sh", "-c", "x"] }]), []],
  ])("%s", (_, pod, volumes) => {
    expect(servedVolumes(pod, false).map(({ volume }) => volume)).toEqual(volumes);
  });
});

describe("a container that came later", () => {
  const there = client("fluid-fuse-0", ["data"]);

  it("is shown a view that is there, and its client stays as it is", () => {
    const { pod, edits } = serve(podOf([there], [reader("late")]));
    expect(pod.spec?.containers[0]?.volumeMounts).toEqual([
      { name: "data", mountPath: "/data", subPath: "view-0", mountPropagation: "HostToContainer" },
    ]);
    expect(pod.spec?.initContainers?.[0]).toEqual(there);
    expect(edits).toHaveLength(2);
  });

  it("gets a further view in its client's command and hook", () => {
    const { pod } = serve(podOf([there], [reader("late", { subPath: "a", readOnly: true })]));
    const grown = pod.spec?.initContainers?.[0];
    expect(parseSupervisorCommand(grown?.command)).toEqual({
      mountPath: "/mnt",
      views: [
        { path: "/sluice/views/data/view-0", source: ".", readOnly: false },
        { path: "/sluice/views/data/view-1", source: "a", readOnly: true },
      ],
      client: ["juicefs"],
    });
    expect(grown?.lifecycle?.postStart?.exec?.command?.slice(4)).toEqual([
      "7",
      "/sluice/views/data/view-0",
      "/sluice/views/data/view-1",
    ]);
  });

  it("gets no hook where its client has none", () => {
    const { lifecycle: _, ...bare } = there;
    const { pod } = serve(podOf([bare], [reader("late", { subPath: "a" })]));
    expect(pod.spec?.initContainers?.[0]).not.toHaveProperty("lifecycle");
  });

  it("gives its client the variables of its sub path, once", () => {
    const env = [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
    const late = { ...reader("late", { subPathExpr: "$(POD)" }), env };
    const { pod } = serve(podOf([there], [late]));
    expect(pod.spec?.initContainers?.[0]?.env).toEqual([{ ...env[0], name: "SLUICE_PATH_late_POD" }]);
    expect(serve(pod).edits).toEqual([]);
  });

  it("is refused what would be refused on a first call", () => {
    expect(serve(podOf([there], [reader("late", { subPath: "../a" })])).codes).toEqual(["bad-sub-path"]);
  });
});

describe("init containers that need data", () => {
  const data = client("fluid-fuse-0", ["data"]);
  const models = client("fluid-fuse-1", ["models"]);
  const other = { name: "other" };

  it.each<[string, Container[], string[]]>([
    ["stay behind their client", [data, reader("a")], ["fluid-fuse-0", "a"]],
    ["move behind it", [reader("a"), data], ["fluid-fuse-0", "a"]],
    [
      "move behind the last client",
      [reader("a"), data, models, other],
      ["fluid-fuse-0", "fluid-fuse-1", "a", "other"],
    ],
    [
      "keep their order, and the others' places",
      [reader("a"), other, reader("b"), data, reader("c")],
      ["other", "fluid-fuse-0", "a", "b", "c"],
    ],
    [
      "stay between clients where their own comes first",
      [data, reader("a"), models],
      ["fluid-fuse-0", "a", "fluid-fuse-1"],
    ],
  ])("%s", (_, containers, order) => {
    const served = serve(podOf(containers));
    expect(served.order).toEqual(order);
    expect(serve(served.pod).edits).toEqual([]);
  });

  it("are not moved for ever where two forged clients need each other", () => {
    const view = (name: string) => ({ name, mountPath: `/${name}`, subPath: "view-0" });
    const forged = [client("a", ["data"], view("models")), client("b", ["models"], view("data"))];
    expect(serve(podOf(forged)).order).toEqual(["a", "b"]);
  });
});
