import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fastJsonPatch from "fast-json-patch";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { run } from "../../src/cli/inject.ts";
import { runCaptured } from "./captured-io.ts";
import { demoClusterFolder } from "./demo-folder.ts";

const cluster = demoClusterFolder();
const folder = demoClusterFolder();

function pod(name: string, claim: string): object {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: claim } }];
  const containers = [{ name: "app", image: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "demo" },
    spec: { containers, volumes },
  };
}

function workload(apiVersion: string, kind: string, path: string[], template: object): object {
  const spec = path.reduceRight<object>((inner, key) => ({ [key]: inner }), template);
  return { apiVersion, kind, metadata: { name: "train", namespace: "demo" }, ...spec };
}

const {
  metadata: _name,
  apiVersion: _version,
  kind: _kind,
  ...template
} = { ...pod("x", "imagenet") } as Record<string, unknown>;

function inject(input: unknown, ...argv: string[]) {
  const stdin = typeof input === "string" ? input : JSON.stringify(input);
  return runCaptured(run, ["-f", "-", "--cluster", cluster, ...argv], { stdin });
}

describe("sluice inject", () => {
  it.each([
    ["apps/v1", "Deployment", ["spec", "template"]],
    ["apps/v1", "StatefulSet", ["spec", "template"]],
    ["apps/v1", "DaemonSet", ["spec", "template"]],
    ["apps/v1", "ReplicaSet", ["spec", "template"]],
    ["v1", "ReplicationController", ["spec", "template"]],
    ["batch/v1", "Job", ["spec", "template"]],
    ["batch/v1", "CronJob", ["spec", "jobTemplate", "spec", "template"]],
    ["v1", "PodTemplate", ["template"]],
  ])("injects into the template of a %s %s", async (apiVersion, kind, path) => {
    const { code, stdout, stderr } = await inject(workload(apiVersion, kind, path, template));
    expect(stderr).toMatch(new RegExp(`^${kind} demo/train: injected .*imagenet by fluid-fuse-0`));
    expect(code).toBe(0);
    const injected = path.reduce((at, key) => at[key], parse(stdout));
    expect(injected.spec.initContainers.map(({ name }: { name: string }) => name)).toContain("fluid-fuse-0");
    expect(injected.metadata.annotations["sluice.io/status"]).toContain("injected");
    expect(injected.metadata).not.toHaveProperty("generateName");
    expect(injected.spec.volumes[0]).not.toHaveProperty("persistentVolumeClaim");
  });

  it("leaves other kinds of the same name alone", async () => {
    const serving = workload("serving.example.com/v1", "Deployment", ["spec", "template"], template);
    const { stdout, stderr, code } = await inject(serving);
    expect(stdout).toBe(JSON.stringify(serving));
    expect(stderr).toBe("Deployment demo/train: unchanged: a Deployment makes no pods\n");
    expect(code).toBe(0);
  });

  it("takes a manifest that begins with any number of empty lines", async () => {
    const text = `${"\n".repeat(60)}${stringify(pod("train", "imagenet"))}`;
    const { code, stdout } = await inject(text, "-o", "yaml");
    expect(code).toBe(0);
    expect(parseAllDocuments(stdout).map((document) => document.toJS()?.kind)).toContain("Pod");
  });

  it("keeps untouched documents byte for byte, and the layout of the others", async () => {
    const untouched = "# config\napiVersion: v1\nkind:   ConfigMap # odd\nmetadata: { name: c }\n";
    const touched = [
      "---",
      "# the pod",
      "apiVersion: v1",
      "kind: Pod",
      "metadata:",
      "    name:      p    # its name",
      "    namespace: demo",
      "",
      "",
      "spec:",
      "    containers:",
      "    # the app",
      "    - name: app",
      "      image: app",
      "      volumeMounts:",
      "      - { name: data, mountPath: /data }",
      "    volumes:",
      "    - name: data",
      "      persistentVolumeClaim: { claimName: imagenet }",
      "    - name: mode",
      "      configMap: { name: c, defaultMode: 0644 }",
      "",
    ].join("\n");
    const last = "---\n# nothing but a comment\n";
    const { stdout, code } = await inject(untouched + touched + last);
    expect(code).toBe(0);
    expect(stdout.startsWith(untouched)).toBe(true);
    expect(stdout.endsWith(last)).toBe(true);
    for (const kept of [
      "    name:      p    # its name\n",
      "\n\n\nspec:",
      "    # the app\n    - name: app\n",
      "defaultMode: 0644 }",
    ])
      expect(stdout).toContain(kept);
    const [, value] = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(value.spec.initContainers).toHaveLength(2);
  });

  it("reads several files, several documents and Lists, and separates what it writes", async () => {
    const [one, two] = [join(folder, "one.in"), join(folder, "two.in")];
    writeFileSync(
      one,
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod("a", "imagenet"), pod("b", "corpus")] }),
    );
    writeFileSync(two, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}");
    const { stdout, stderr, code } = await runCaptured(run, ["-f", one, "-f", two, "--cluster", cluster]);
    expect(code).toBe(0);
    const [list, config] = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(
      list.items.map((item: { spec: { initContainers: unknown[] } }) => item.spec.initContainers.length),
    ).toEqual([2, 2]);
    expect(config.kind).toBe("ConfigMap");
    expect(stdout.endsWith(`---\n${readFileSync(two, "utf8")}`)).toBe(true);
    expect(stderr.split("\n")).toHaveLength(4);
  });

  it("takes the kind of a typed list's items from the list", async () => {
    const { kind: _dropped, ...item } = pod("a", "imagenet") as Record<string, unknown>;
    const { stdout } = await inject({ apiVersion: "v1", kind: "PodList", items: [item] });
    expect(parse(stdout).items[0].spec.initContainers).toHaveLength(2);
  });

  it("leaves refused objects out, prints the rest, and ends with 1", async () => {
    const items = [pod("bad", "speech"), pod("good", "imagenet"), pod("worse", "nosuch")];
    const { stdout, stderr, code } = await inject({ apiVersion: "v1", kind: "List", items });
    expect(code).toBe(1);
    expect(parse(stdout).items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      "good",
    ]);
    expect(stderr).toContain(
      "Pod demo/bad: refused: claim demo/speech belongs to Dataset demo/speech, which does not exist",
    );
    expect(stderr).toContain("Pod demo/worse: refused: claim demo/nosuch does not exist");
  });

  it("drops the document of a refused object", async () => {
    const { stdout, code } = await inject(`${JSON.stringify(pod("bad", "speech"))}\n---\nkind: ConfigMap\n`);
    expect(stdout).toBe("---\nkind: ConfigMap\n");
    expect(code).toBe(1);
  });

  it("writes the same injection as YAML, JSON and patch", async () => {
    const input = workload("apps/v1", "Deployment", ["spec", "template"], template);
    const [yaml, json, patch] = await Promise.all(
      ["yaml", "json", "patch"].map((format) => inject(input, "-o", format)),
    );
    expect(JSON.parse(json?.stdout ?? "")).toEqual(parse(yaml?.stdout ?? ""));
    const [entry] = JSON.parse(patch?.stdout ?? "");
    expect(entry).toMatchObject({ kind: "Deployment", namespace: "demo", name: "train" });
    expect(fastJsonPatch.applyPatch(structuredClone(input), entry.patch).newDocument).toEqual(
      parse(yaml?.stdout ?? ""),
    );
  });

  it("writes several objects as one JSON List", async () => {
    const { stdout } = await inject(
      `${JSON.stringify(pod("a", "imagenet"))}\n---\nkind: ConfigMap\n`,
      "-o",
      "json",
    );
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "List",
      items: [{ kind: "Pod" }, { kind: "ConfigMap" }],
    });
  });

  it("resolves YAML aliases before it edits, for one part may stand in several places", async () => {
    const volumes = "[{name: data, persistentVolumeClaim: {claimName: imagenet}}]";
    const mount = "[{name: data, mountPath: /data}]";
    const { stdout } = await inject(
      [
        "kind: Pod\napiVersion: v1\nmetadata: {name: p, namespace: demo}\nspec:\n  containers:",
        `  - {name: a, image: i, volumeMounts: &m ${mount}}`,
        "  - {name: b, image: i, volumeMounts: *m}",
        `  volumes: ${volumes}\n`,
      ].join("\n"),
    );
    const { containers } = parse(stdout).spec;
    expect(containers[0].volumeMounts).toEqual(containers[1].volumeMounts);
    expect(containers[0].volumeMounts[0].subPath).toBe("view-0");
    expect(stdout).not.toMatch(/[&*]m\b/);
  });

  it("decides by -n where an object states no namespace", async () => {
    const { metadata: _dropped, ...rest } = pod("x", "imagenet") as Record<string, unknown>;
    const input = { ...rest, metadata: { name: "p" } };
    expect((await inject(input)).stderr).toMatch(
      /^Pod default\/p: unchanged: .*\nPod default\/p: note: Namespace default is not in the cluster folder/,
    );
    const { stderr, stdout } = await inject(input, "--namespace", "demo");
    expect(stderr).toMatch(/^Pod demo\/p: injected/);
    expect(parse(stdout).metadata).not.toHaveProperty("namespace");
  });

  it("follows the configuration", async () => {
    const config = join(folder, "config");
    writeFileSync(config, "mode: csi\n");
    const { stderr } = await inject(pod("p", "imagenet"), "--config", config);
    expect(stderr).toContain("injected (csi mode");
  });

  it("injects nothing the second time", async () => {
    const once = await inject(pod("p", "imagenet"));
    const twice = await inject(once.stdout);
    expect(twice.stdout).toBe(once.stdout);
    expect(twice.code).toBe(0);
  });
});
