import type { Container, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { ServedVolume } from "../../src/pod/served-volume.ts";

const views = "/sluice/views/data";
const env = [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];

interface Volume {
  subPath?: string;
  readOnly?: boolean;
  direct?: boolean;
}

function create({ subPath = "", readOnly = false, direct = false }: Volume = {}): ServedVolume {
  return ServedVolume.create("data", "fluid-fuse-0", subPath, readOnly, direct);
}

function mountOf(parts: Partial<VolumeMount> = {}): VolumeMount {
  return { name: "data", mountPath: "/data", ...parts };
}

function serve(volume: ServedVolume, parts: Partial<VolumeMount> = {}, others: VolumeMount[] = []) {
  const mount = mountOf(parts);
  const container: Container = { name: "app", env, volumeMounts: [mount, ...others] };
  const { mount: served, findings } = volume.serve(container, mount);
  return {
    served,
    codes: findings.map(({ code }) => code),
    messages: findings.map(({ message }) => message),
  };
}

/** "view-1 a/b ro" for each view. */
function viewsOf(volume: ServedVolume): string[] {
  return volume.views.map(
    ({ path, source, readOnly }) => `${path.replace(`${views}/`, "")} ${source} ${readOnly ? "ro" : "rw"}`,
  );
}

describe("the views of a volume", () => {
  it.each<[string, Volume, Partial<VolumeMount>[], string[]]>([
    ["are the volume itself, as the claim grants it", {}, [], ["view-0 . rw"]],
    ["begin where the dataset begins in its client's mount", { subPath: "in/$x" }, [], ["view-0 in/$$x rw"]],
    ["are one for all mounts of the whole", {}, [{}, { subPath: "" }, { subPath: "." }], ["view-0 . rw"]],
    ["are one more for reading only", {}, [{ readOnly: true }, {}], ["view-0 . rw", "view-1 . ro"]],
    ["read only where the claim does", { readOnly: true }, [{}, { readOnly: true }], ["view-0 . ro"]],
    [
      "are one for each sub path, however it is written",
      {},
      [{ subPath: "a/b" }, { subPath: "./a//b/" }, { subPath: "a" }],
      ["view-0 . rw", "view-1 a/b rw", "view-2 a rw"],
    ],
    [
      "are one for each pair of sub path and reading only",
      {},
      [{ subPath: "a" }, { subPath: "a", readOnly: true }],
      ["view-0 . rw", "view-1 a rw", "view-2 a ro"],
    ],
    [
      "say where the dataset begins, so that none leads out of it",
      { subPath: "in" },
      [{ subPath: "a" }, { subPath: "." }],
      ["view-0 in rw", "view-1 in/./a rw"],
    ],
    ["take a dollar for a dollar", {}, [{ subPath: "$(A)" }], ["view-0 . rw", "view-1 $$(A) rw"]],
    [
      "take names that only look like climbing",
      {},
      [{ subPath: "..a/b.." }],
      ["view-0 . rw", "view-1 ..a/b.. rw"],
    ],
  ])("%s", (_, volume, mounts, expected) => {
    const served = create(volume);
    const codes = mounts.flatMap((mount) => serve(served, mount).codes);
    expect(viewsOf(served)).toEqual(expected);
    expect(codes).toEqual([]);
  });

  it("of an earlier call are gone on with", () => {
    const earlier = [
      { path: `${views}/view-0`, source: "in", readOnly: false },
      { path: `${views}/view-1`, source: "in/./a", readOnly: true },
    ];
    const served = ServedVolume.existing("data", "fluid-fuse-0", earlier, false);
    expect(serve(served, { subPath: "a", readOnly: true }).served.subPath).toBe("view-1");
    expect(serve(served, { subPath: "b" }).served.subPath).toBe("view-2");
    expect(viewsOf(served).at(-1)).toBe("view-2 in/./b rw");
  });
});

describe("a mount of a served volume", () => {
  const inner = { name: "scratch", mountPath: "/data/scratch" };

  it.each<[string, Partial<VolumeMount>, VolumeMount[], VolumeMount, string[]]>([
    [
      "shows a view and follows it",
      {},
      [],
      mountOf({ subPath: "view-0", mountPropagation: "HostToContainer" }),
      [],
    ],
    [
      "keeps readOnly",
      { readOnly: true, subPath: "a" },
      [],
      mountOf({ readOnly: true, subPath: "view-1", mountPropagation: "HostToContainer" }),
      [],
    ],
    [
      "follows no more when something is mounted below it",
      { mountPropagation: "HostToContainer" },
      [inner],
      mountOf({ subPath: "view-0" }),
      ["no-healing"],
    ],
    [
      "sees that in paths of another form",
      { mountPath: "/data/" },
      [{ ...inner, mountPath: "/data//./scratch" }],
      mountOf({ mountPath: "/data/", subPath: "view-0" }),
      ["no-healing"],
    ],
    [
      "sees that below the root",
      { mountPath: "/" },
      [inner],
      mountOf({ mountPath: "/", subPath: "view-0" }),
      ["no-healing"],
    ],
    [
      "takes a neighbour for a neighbour",
      {},
      [{ ...inner, mountPath: "/database" }],
      mountOf({ subPath: "view-0", mountPropagation: "HostToContainer" }),
      [],
    ],
    [
      "loses recursiveReadOnly, which allows no propagation",
      { readOnly: true, recursiveReadOnly: "Enabled" },
      [],
      mountOf({ readOnly: true, subPath: "view-1", mountPropagation: "HostToContainer" }),
      ["recursive-read-only"],
    ],
    [
      "loses Bidirectional",
      { mountPropagation: "Bidirectional" },
      [],
      mountOf({ subPath: "view-0", mountPropagation: "HostToContainer" }),
      ["propagation-replaced"],
    ],
  ])("%s", (_, mount, others, served, codes) => {
    expect(serve(create(), mount, others)).toMatchObject({ served, codes });
    expect(serve(create(), mount, others).served).toEqual(served);
  });

  it.each<[string, Partial<VolumeMount>, string, string]>([
    ["climbs", { subPath: "a/../../b" }, "bad-sub-path", 'leave out ".."'],
    ["is absolute", { subPath: "/a" }, "bad-sub-path", 'leave out the leading "/"'],
    ["climbs by an expression", { subPathExpr: "../$(POD)" }, "bad-sub-path", 'leave out ".."'],
    ["is said twice", { subPath: "a", subPathExpr: "$(POD)" }, "bad-sub-path", "exclude each other"],
    ["cannot be followed", { subPathExpr: "$(NONE)" }, "sub-path-expression", "use subPath"],
  ])("is refused when its sub path %s", (_, mount, code, remedy) => {
    const { codes, messages } = serve(create(), mount);
    expect(codes).toContain(code);
    expect(messages.join()).toContain(remedy);
    expect(messages.join()).toContain("container app, /data: ");
  });
});

describe("a subPathExpr", () => {
  it("gets a view, and the client the variable", () => {
    const volume = create({ subPath: "in" });
    expect(serve(volume, { subPathExpr: "runs/$(POD)" }).served).toEqual(
      mountOf({ subPath: "view-1", mountPropagation: "HostToContainer" }),
    );
    expect(viewsOf(volume).at(-1)).toBe("view-1 in/./runs/$(SLUICE_PATH_app_POD) rw");
    expect(volume.env.map(({ name }) => name)).toEqual(["SLUICE_PATH_app_POD"]);
    serve(volume, { subPathExpr: "$(POD)/again" });
    expect(volume.env).toHaveLength(1);
  });

  it("that cannot be followed goes straight, without healing, where the configuration says so", () => {
    const volume = create({ direct: true });
    const mount = { subPathExpr: "$(NONE)", readOnly: true, mountPropagation: "Bidirectional" };
    const { served, codes } = serve(volume, mount);
    expect(served).toEqual(mountOf({ readOnly: true, subPathExpr: "view-1/$(NONE)" }));
    expect(codes).toEqual(["no-healing"]);
    expect(viewsOf(volume)).toEqual(["view-0 . rw", "view-1 . ro"]);
    expect(volume.shows(served)).toBe(true);
  });
});

describe("shows", () => {
  it.each<[Partial<VolumeMount>, boolean]>([
    [{ subPath: "view-0" }, true],
    [{ subPathExpr: "view-0/$(X)" }, true],
    [{ subPath: "view-1" }, false],
    [{ subPath: "view-00" }, false],
    [{}, false],
    [{ name: "other", subPath: "view-0" }, false],
  ])("%j: %s", (mount, shown) => {
    expect(create().shows(mountOf(mount))).toBe(shown);
  });
});
