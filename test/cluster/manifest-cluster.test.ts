import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type ManifestCluster,
  type ManifestClusterOptions,
  openManifestCluster,
} from "../../src/cluster/manifest-cluster.ts";

const open: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function newFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "manifests-"));
  open.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) write(join(folder, file), content);
  return folder;
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** A cluster that looks for changes only when it is asked to, unless `options` say otherwise. */
async function openFolder(
  folder: string,
  options: ManifestClusterOptions = {},
): Promise<{ cluster: ManifestCluster; told: string[]; changes: number[]; look: () => Promise<boolean> }> {
  const told: string[] = [];
  const changes: number[] = [];
  const cluster = await openManifestCluster(folder, {
    follow: false,
    onProblem: ({ message }) => told.push(message),
    onChange: ({ files }) => changes.push(files),
    ...options,
  });
  open.push(() => cluster.close());
  return { cluster, told, changes, look: () => cluster.refresh([], 10_000) };
}

function dataset(name: string, phase = "Bound"): string {
  return `apiVersion: data.fluid.io/v1alpha1\nkind: Dataset\nmetadata: {name: ${name}}\nstatus: {phase: ${phase}}\n`;
}

function phaseOf(cluster: ManifestCluster, name: string): string | undefined {
  return cluster.view.dataset("default", name)?.phase;
}

describe("opening a folder", () => {
  it("reads YAML and JSON files, also in folders inside it, and nothing else", async () => {
    const node = '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}';
    const folder = newFolder({
      "a.yaml": `${dataset("a")}---\n${dataset("b")}---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n`,
      "deep/er/c.yml": dataset("c"),
      "d.json": `{"apiVersion": "v1", "kind": "List", "items": [${node}]}`,
      "folder.yaml/e.yaml": dataset("e"),
      "notes.txt": dataset("no"),
      "a.yaml.bak": dataset("no"),
      ".hidden.yaml": dataset("no"),
      "..2026_data/a.yaml": dataset("no"),
    });
    const { cluster, told, changes } = await openFolder(`${folder}/`, { kubernetesVersion: "1.33" });
    expect(cluster.contents).toEqual({
      folder,
      files: 4,
      objects: { Dataset: 4, Node: 1 },
      ignored: { ConfigMap: 1 },
      problems: [],
    });
    expect(["a", "b", "c", "e", "no"].map((name) => phaseOf(cluster, name))).toEqual([
      "Bound",
      "Bound",
      "Bound",
      "Bound",
      undefined,
    ]);
    expect([cluster.view.node("n")?.name, cluster.view.nodeCount()]).toEqual(["n", 1]);
    expect(cluster.view.serverVersion()).toEqual({ major: 1, minor: 33 });
    expect([told, changes]).toEqual([[], []]);
  });

  it("names a missing folder, and what to do", async () => {
    const folder = join(newFolder(), "gone");
    await expect(openManifestCluster(folder)).rejects.toThrow(
      `cluster folder ${folder} cannot be read: it does not exist (ENOENT); give the path of a folder`,
    );
    const file = join(newFolder({ "a.yaml": dataset("a") }), "a.yaml");
    await expect(openManifestCluster(file)).rejects.toThrow(/a\.yaml cannot be read: it is not a folder/);
  });

  it("refuses a version that is none", async () => {
    await expect(openManifestCluster(newFolder(), { kubernetesVersion: "new" })).rejects.toThrow(
      '"new" is not a Kubernetes version',
    );
  });

  it.each([
    [{}, /holds no manifest \(.yaml, .yml, .json\), so no dataset is known: add/],
    [
      { "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n" },
      /holds no object that Sluice asks for/,
    ],
  ])("says that there is nothing in %j", async (files, message) => {
    const { cluster, told } = await openFolder(newFolder(files));
    expect(told).toEqual([expect.stringMatching(message)]);
    expect(cluster.contents.problems).toMatchObject([{ severity: "warning" }]);
    expect(cluster.view.serverVersion()).toBeUndefined();
  });

  it("serves what is good and names the rest", async () => {
    const folder = newFolder({
      "a.yaml": dataset("a"),
      "b.yaml": `${dataset("b")}---\nkind: [\n---\n${dataset("b2")}`,
      "c.json": '{"kind": "Dataset",}',
      "d.yaml": "kind: Dataset\n---\nkind: Dataset\napiVersion: data.fluid.io/v1alpha1\n---\ntext\n",
      "e.yaml": Buffer.from([0x61, 0xff]),
    });
    symlinkSync("nowhere", join(folder, "f.yaml"));
    const { cluster, told } = await openFolder(folder);
    expect(["a", "b", "b2"].map((name) => phaseOf(cluster, name))).toEqual(["Bound", "Bound", "Bound"]);
    const expected = [
      /f\.yaml: cannot be read: it does not exist/,
      /b\.yaml:7:1: cannot be read: /,
      /c\.json:1:20: cannot be read: unexpected "}"/,
      /d\.yaml:1:1: the document has no apiVersion; add it/,
      /d\.yaml:3:1: the document, a Dataset, has no metadata.name; add it/,
      /d\.yaml:6:1: the document is no Kubernetes object but a string/,
      /e\.yaml:1:2: cannot be read: it is not UTF-8/,
    ];
    expect(told).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    expect(told.every((message) => message.startsWith(folder))).toBe(true);
    expect(cluster.contents.problems).toContainEqual(
      expect.objectContaining({ severity: "error", file: "c.json", line: 1, column: 20 }),
    );
  });

  it("does not tell thousands of problems of one file", async () => {
    const { told } = await openFolder(
      newFolder({ "a.yaml": "kind: X\n---\n".repeat(3_000), "b.yaml": dataset("b") }),
    );
    expect(told).toHaveLength(11);
    expect(told.at(-1)).toMatch(/a\.yaml: has 2990 more problems/);
  });

  it("lets the file sorted last win, and says so", async () => {
    const folder = newFolder({
      "b.yaml": `${dataset("x", "Failed")}---\n${dataset("y")}`,
      "a.yaml": `${dataset("x")}---\n${dataset("y")}`,
      "c.yaml": `${dataset("z")}---\n${dataset("z", "Pending")}`,
    });
    const { cluster, told } = await openFolder(folder);
    expect([phaseOf(cluster, "x"), phaseOf(cluster, "z")]).toEqual(["Failed", "Pending"]);
    expect(told).toEqual([
      expect.stringMatching(
        /b\.yaml: Dataset default\/x \(and 1 more\) stands in a\.yaml, too; b\.yaml counts/,
      ),
      expect.stringMatching(/c\.yaml: Dataset default\/z stands there twice; the last counts/),
    ]);
    expect(cluster.contents.problems).toMatchObject([{ severity: "warning" }, { severity: "warning" }]);
    expect(cluster.contents.objects).toEqual({ Dataset: 3 });
  });

  it("does not walk in circles, yet follows links", async () => {
    const folder = newFolder({ "a/a.yaml": dataset("a") });
    const elsewhere = newFolder({ "b.yaml": dataset("b") });
    symlinkSync("..", join(folder, "a/up"));
    symlinkSync(elsewhere, join(folder, "linked"));
    const { cluster, told } = await openFolder(folder);
    expect(cluster.contents.objects).toEqual({ Dataset: 2 });
    expect(told).toEqual([]);
  });

  it("keeps equal client templates once", async () => {
    const client = (name: string): string =>
      `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: ${name}}\nspec: {template: {spec: {containers: [{name: c, image: i}]}}}\n`;
    const { cluster } = await openFolder(newFolder({ "a.yaml": client("a"), "b.yaml": client("b") }));
    const template = cluster.view.clientDaemonSet("default", "a")?.template;
    expect(template?.containers).toEqual([{ name: "c", image: "i" }]);
    expect(cluster.view.clientDaemonSet("default", "b")?.template).toBe(template);
  });
});

describe("a change of the folder, when asked for", () => {
  it("sees files that are added, changed, renamed and removed", async () => {
    const folder = newFolder({ "a.yaml": dataset("a"), "b.yaml": dataset("b") });
    const { cluster, changes, look } = await openFolder(folder);
    const { view } = cluster;
    write(join(folder, "new/c.yaml"), dataset("c"));
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    renameSync(join(folder, "b.yaml"), join(folder, "z.yaml"));
    await look();
    expect(["a", "b", "c"].map((name) => view.dataset("default", name)?.phase)).toEqual([
      "Failed",
      "Bound",
      "Bound",
    ]);
    rmSync(join(folder, "new"), { recursive: true });
    await look();
    expect(view.dataset("default", "c")).toBeUndefined();
    await look();
    expect(changes).toEqual([3, 2]);
  });

  it("does not miss a second write of the same length at the same time", async () => {
    const folder = newFolder({ "a.yaml": dataset("a", "Bound0") });
    const { cluster, look } = await openFolder(folder);
    for (let round = 1; round < 10; round += 1) {
      write(join(folder, "a.yaml"), dataset("a", `Bound${round}`));
      await look();
      expect(phaseOf(cluster, "a")).toBe(`Bound${round}`);
    }
  });

  it("reads only what has changed", async () => {
    const folder = newFolder({ "a.yaml": dataset("a"), "b.yaml": dataset("b") });
    const { cluster, look } = await openFolder(folder);
    const before = cluster.view.dataset("default", "b");
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    await look();
    expect(phaseOf(cluster, "a")).toBe("Failed");
    expect(cluster.view.dataset("default", "b")).toBe(before);
  });

  it("keeps what was last good of a file that breaks, and says so once for each change", async () => {
    const folder = newFolder({ "a.yaml": `${dataset("a")}---\n${dataset("b")}`, "c.yaml": dataset("c") });
    const { cluster, told, look } = await openFolder(folder);
    write(join(folder, "a.yaml"), `${dataset("a", "Failed")}---\nkind: [\n`);
    write(join(folder, "c.yaml"), dataset("c", "Failed"));
    await look();
    await look();
    expect(["a", "b", "c"].map((name) => phaseOf(cluster, name))).toEqual(["Bound", "Bound", "Failed"]);
    expect(told).toEqual([
      expect.stringMatching(/a\.yaml:7:1: cannot be read: .*; what was read from it before stays in use/),
    ]);
    write(join(folder, "a.yaml"), "{broken again");
    await look();
    expect([told.length, phaseOf(cluster, "b")]).toEqual([2, "Bound"]);
    expect(cluster.contents.problems).toHaveLength(1);
    write(join(folder, "a.yaml"), dataset("a", "Pending"));
    await look();
    expect([phaseOf(cluster, "a"), phaseOf(cluster, "b"), cluster.contents.problems]).toEqual([
      "Pending",
      undefined,
      [],
    ]);
  });

  it("tells a lasting problem of the folder only once", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    const { cluster, told, look } = await openFolder(folder);
    symlinkSync("nowhere", join(folder, "b.yaml"));
    await look();
    await look();
    expect(told).toEqual([expect.stringMatching(/b\.yaml: cannot be read: it does not exist/)]);
    expect(cluster.contents.problems).toHaveLength(1);
  });

  it("keeps everything while the folder is away", async () => {
    const folder = newFolder({ "in/a.yaml": dataset("a") });
    const { cluster, told, look } = await openFolder(join(folder, "in"));
    renameSync(join(folder, "in"), join(folder, "away"));
    await look();
    expect(phaseOf(cluster, "a")).toBe("Bound");
    expect(told).toEqual([expect.stringMatching(/in: cannot be read: it does not exist.*stays in use/)]);
    mkdirSync(join(folder, "in"));
    await look();
    expect(phaseOf(cluster, "a")).toBeUndefined();
    expect(told[1]).toMatch(/holds no manifest/);
  });

  it.skipIf(process.getuid?.() === 0)("keeps what it may no longer read", async () => {
    const folder = newFolder({ "a.yaml": dataset("a"), "in/b.yaml": dataset("b") });
    const { cluster, told, look } = await openFolder(folder);
    chmodSync(join(folder, "a.yaml"), 0);
    chmodSync(join(folder, "in"), 0);
    await look();
    await look();
    chmodSync(join(folder, "in"), 0o700);
    expect([phaseOf(cluster, "a"), phaseOf(cluster, "b")]).toEqual(["Bound", "Bound"]);
    expect(told).toHaveLength(2);
  });

  it("changes the view in one step", async () => {
    const folder = newFolder({ "a.yaml": dataset("moved") });
    const { cluster, look } = await openFolder(folder);
    renameSync(join(folder, "a.yaml"), join(folder, "z.yaml"));
    for (let index = 0; index < 30; index += 1) write(join(folder, `m-${index}.yaml`), dataset(`m-${index}`));
    const seen = new Set<string | undefined>();
    let looking = true;
    const watching = (async () => {
      while (looking) {
        seen.add(`${phaseOf(cluster, "moved")} ${phaseOf(cluster, "m-0")} ${phaseOf(cluster, "m-29")}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await look();
    looking = false;
    await watching;
    expect([...seen].sort()).toEqual(expect.arrayContaining(["Bound undefined undefined"]));
    expect(
      [...seen].every((state) => ["Bound undefined undefined", "Bound Bound Bound"].includes(state ?? "")),
    ).toBe(true);
  });

  it("returns within its budget, and looks once for all who ask", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    const { cluster, changes } = await openFolder(folder);
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    await cluster.refresh([], 0);
    await Promise.all(Array.from({ length: 50 }, () => cluster.refresh([], 10_000)));
    expect(phaseOf(cluster, "a")).toBe("Failed");
    expect(changes).toEqual([1]);
  });

  it("does not throw when whoever is told throws, and goes on", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    let angry = true;
    const { cluster, told, look } = await openFolder(folder, {
      onChange: () => {
        if (angry) throw new Error("listener");
      },
    });
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    await expect(look()).resolves.toBe(true);
    expect(phaseOf(cluster, "a")).toBe("Failed");
    expect(told).toEqual([expect.stringMatching(/looking for changes failed: listener; it is tried again/)]);
    angry = false;
    write(join(folder, "a.yaml"), dataset("a", "Pending"));
    await look();
    expect([phaseOf(cluster, "a"), cluster.contents.problems]).toEqual(["Pending", []]);
  });

  it("survives listeners of problems that throw", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    const { cluster, look } = await openFolder(folder, {
      onProblem: () => {
        throw new Error("listener");
      },
    });
    write(join(folder, "b.yaml"), "{");
    await expect(look()).resolves.toBe(false);
    expect(phaseOf(cluster, "a")).toBe("Bound");
  });

  it("does nothing after it was closed", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    const { cluster, changes, look } = await openFolder(folder);
    await cluster.close();
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    await look();
    expect([phaseOf(cluster, "a"), changes]).toEqual(["Bound", []]);
  });
});

describe("a change of the folder, by itself", () => {
  const patience = { timeout: 10_000, interval: 20 };
  // So long that only watching can be in time, or so short that nothing else is needed.
  const byWatching = { follow: true, pollInterval: 3_600_000 };

  it("sees files come, change and go, also in new folders", async () => {
    const folder = newFolder({ "a.yaml": dataset("a") });
    const { cluster } = await openFolder(folder, byWatching);
    write(join(folder, "a.yaml"), dataset("a", "Failed"));
    await vi.waitFor(() => expect(phaseOf(cluster, "a")).toBe("Failed"), patience);
    write(join(folder, "new/b.yaml"), dataset("b"));
    await vi.waitFor(() => expect(phaseOf(cluster, "b")).toBe("Bound"), patience);
    write(join(folder, "new/b.yaml"), dataset("b", "Failed"));
    await vi.waitFor(() => expect(phaseOf(cluster, "b")).toBe("Failed"), patience);
    rmSync(join(folder, "a.yaml"));
    await vi.waitFor(() => expect(phaseOf(cluster, "a")).toBeUndefined(), patience);
  });

  it("sees a mounted ConfigMap change as kubelets change it", async () => {
    const folder = newFolder({ "..one/a.yaml": dataset("a"), "..two/a.yaml": dataset("a", "Failed") });
    symlinkSync("..one", join(folder, "..data"));
    symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
    const { cluster } = await openFolder(folder, byWatching);
    expect([phaseOf(cluster, "a"), cluster.contents.files]).toEqual(["Bound", 1]);
    symlinkSync("..two", join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    await vi.waitFor(() => expect(phaseOf(cluster, "a")).toBe("Failed"), patience);
  });

  it("sees the whole folder exchanged by a link, and follows the new one", async () => {
    const folder = newFolder({ "one/a.yaml": dataset("a"), "two/a.yaml": dataset("a", "Failed") });
    symlinkSync("one", join(folder, "current"));
    const { cluster } = await openFolder(join(folder, "current"), byWatching);
    symlinkSync("two", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
    await vi.waitFor(() => expect(phaseOf(cluster, "a")).toBe("Failed"), patience);
    write(join(folder, "two/b.yaml"), dataset("b"));
    await vi.waitFor(() => expect(phaseOf(cluster, "b")).toBe("Bound"), patience);
  });

  it("looks now and then where nothing tells of a change", async () => {
    // Nothing is told of the directory behind a link to a single file.
    const elsewhere = newFolder({ "a.yaml": dataset("a") });
    const folder = newFolder();
    symlinkSync(join(elsewhere, "a.yaml"), join(folder, "a.yaml"));
    const { cluster } = await openFolder(folder, { follow: true, pollInterval: 50 });
    write(join(elsewhere, "a.yaml"), dataset("a", "Failed"));
    utimesSync(join(elsewhere, "a.yaml"), 1, 1);
    await vi.waitFor(() => expect(phaseOf(cluster, "a")).toBe("Failed"), patience);
  });
});
