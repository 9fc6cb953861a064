import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run as audit } from "../../src/cli/audit.ts";
import type { Command } from "../../src/cli/command-io.ts";
import { run as diff } from "../../src/cli/diff.ts";
import { run as explain } from "../../src/cli/explain.ts";
import { run as inject } from "../../src/cli/inject.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing } from "../support/live-cluster.ts";
import { runCaptured } from "./captured-io.ts";
import { serveDemoCluster } from "./demo-api.ts";
import { temporaryFolder } from "./demo-folder.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await serveDemoCluster(closing);
});
afterEach(() => closing.all());

const trainPod = new URL("../../manifests/examples/train-pod.yaml", import.meta.url).pathname;
const csi = JSON.stringify({ mode: "csi" });

function putConfig(data: unknown, namespace = "sluice-system"): void {
  api.store.put("configmaps", { metadata: { name: "sluice", namespace }, data });
}

const ask = (command: Command, ...argv: string[]) =>
  runCaptured(command, argv, { env: { KUBECONFIG: api.kubeconfig } });

const readConfigMaps = () => api.callsOf("get", "configmaps").filter(({ name }) => name === "sluice");

const warnings = (stderr: string) =>
  stderr.split("\n").filter((line) => /^warning: ConfigMap \S+\/sluice: /.test(line));

const aboutManifests: [string, Command][] = [
  ["explain", explain],
  ["diff", diff],
  ["inject", inject],
];

describe.each(aboutManifests)("sluice %s -f, of a live cluster", (_, command) => {
  it("judges by the configuration of the webhook in it, wherever that is installed", async () => {
    putConfig({ "config.yaml": "mode: sidecar\n" });
    putConfig({ "config.yaml": csi }, "elsewhere");
    const usual = await ask(command, "-f", trainPod);
    expect(usual.stdout).toContain("fluid-fuse-0");
    expect(warnings(usual.stderr)).toEqual([]);
    const other = await ask(command, "-f", trainPod, "--installed-in", "elsewhere");
    expect(other.stdout).not.toContain("fluid-fuse-0");
    expect(warnings(other.stderr)).toEqual([]);
    putConfig({ "config.yaml": csi });
    expect((await ask(command, "-f", trainPod)).stdout).toBe(other.stdout);
  });

  it("judges by the file that is named, and does not look for any other", async () => {
    putConfig({ "config.yaml": csi });
    const file = join(temporaryFolder(), "config.yaml");
    writeFileSync(file, "mode: sidecar\n");
    const { stdout, stderr } = await ask(command, "-f", trainPod, "--config", file);
    expect(stdout).toContain("fluid-fuse-0");
    expect(warnings(stderr)).toEqual([]);
    expect(readConfigMaps()).toEqual([]);
  });

  it("takes the defaults where it may not be read, and says so", async () => {
    putConfig({ "config.yaml": csi });
    api.fail(({ resource, name }) => resource === "configmaps" && name === "sluice", forbidden);
    const { code, stdout, stderr } = await ask(command, "-f", trainPod);
    expect(stdout).toContain("fluid-fuse-0");
    expect(warnings(stderr)).toEqual([
      "warning: ConfigMap sluice-system/sluice: you may not get configmaps: the defaults count, unless --config names the webhook's configuration, or --installed-in its namespace",
    ]);
    expect(code).toBe(command === diff ? 1 : 0);
  });

  it("ends at once where nobody answers, or the credentials do not count", async () => {
    await api.writeKubeconfig({ token: "of somebody else" });
    const denied = await ask(command, "-f", trainPod);
    expect([denied.code, denied.stdout]).toEqual([2, ""]);
    expect(denied.stderr).toMatch(/^sluice \w+: https:\S+ does not accept the credentials/m);
    await api.stop();
    const { code, stdout, stderr } = await ask(command, "-f", trainPod);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^sluice \w+: https:\S+ cannot be reached: .*ECONNREFUSED/m);
  });
});

describe("a configuration that cannot be had", () => {
  const unusable: [string, unknown, RegExp][] = [
    ["none at all", undefined, /has no config\.yaml:/],
    ["another key", { "other.yaml": csi }, /has no config\.yaml:/],
    ["no text", { "config.yaml": { mode: "csi" } }, /has no config\.yaml:/],
    ["no YAML", { "config.yaml": "mode: csi\nplatforms: [" }, /config\.yaml:2:\d+: Flow sequence/],
    ["an alias of nothing", { "config.yaml": "mode: *none" }, /config\.yaml: Unresolved alias/],
    ["no mapping", { "config.yaml": "just words" }, /config\.yaml: \(top level\): /],
    ["an unknown value", { "config.yaml": "mode: magic" }, /config\.yaml: mode: /],
    ["a key of another version", { "config.yaml": "mode: csi\nfuture: 1" }, /"future"/],
    ["what contradicts itself", { "config.yaml": "platform: nowhere" }, /platform: "nowhere" is not known/],
    [
      "what acts on a terminal",
      { "config.yaml": `"\\e[2J\\n\\n${"key ".repeat(100)}": 1` },
      /\\u001b\[2J key key .*…: the defaults/,
    ],
  ];

  it.each(unusable)("%s: the defaults count, with one line that says why", async (_, data, reason) => {
    putConfig(data);
    const { code, stdout, stderr } = await ask(inject, "-f", trainPod);
    expect([code, stdout]).toEqual([0, expect.stringContaining("fluid-fuse-0")]);
    const [told = "", ...others] = warnings(stderr);
    expect(others).toEqual([]);
    expect(told).toMatch(reason);
    expect(told).toMatch(
      /^warning: ConfigMap sluice-system\/sluice: .*: the defaults count, unless --config/,
    );
    expect(told.slice(0, 200)).toContain("--config names the webhook's configuration");
    expect(stderr).not.toContain("\u001b");
  });

  it("is told by every command that reads one", async () => {
    putConfig({ "config.yaml": "mode: magic" });
    const words = /ConfigMap sluice-system\/sluice: config\.yaml: mode: .*: the defaults count/;
    expect((await ask(audit)).stderr).toMatch(words);
    const live = await ask(explain, "dataset/imagenet", "-n", "demo");
    expect([live.code, live.stdout]).toEqual([0, expect.stringContaining("can be served")]);
    expect(live.stderr).toMatch(/^not seen: ConfigMap /m);
    expect(live.stderr).toMatch(words);
    const json = await ask(explain, "dataset/imagenet", "-n", "demo", "-o", "json");
    expect(JSON.parse(json.stdout)[0].unread).toEqual([expect.stringMatching(words)]);
  });

  it.each([
    ["not there", undefined, /does not exist: the defaults count/],
    ["kept back by a fault", answering(500), /planted: the defaults count/],
  ])("%s: ends no command", async (_, fault, words) => {
    if (fault) api.fail(({ resource, name }) => resource === "configmaps" && name === "sluice", fault);
    const results = [
      await ask(explain, "-f", trainPod),
      await ask(explain, "pvc/imagenet", "-n", "demo"),
      await ask(audit),
    ];
    for (const { code, stderr } of results) expect([code, stderr]).toEqual([0, expect.stringMatching(words)]);
  });
});

it("explain KIND/NAME and audit judge by the installation that is named", async () => {
  putConfig({ "config.yaml": csi }, "elsewhere");
  const app = { name: "app", image: "app:1", volumeMounts: [{ name: "data", mountPath: "/data" }] };
  api.store.put("pods", {
    metadata: { name: "bare", namespace: "demo", uid: "uid-1" },
    spec: {
      nodeName: "node-a",
      containers: [app],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
    },
    status: { phase: "Running" },
  });
  const live = ["pod/bare", "-n", "demo"];
  expect((await ask(explain, ...live)).stdout).toContain("Pod demo/bare: not injected");
  const there = await ask(explain, ...live, "--installed-in", "elsewhere");
  expect(there.stdout).toContain("Pod demo/bare: left to the node's CSI driver");
  expect(there.stderr).not.toContain("ConfigMap");
  expect((await ask(audit)).code).toBe(1);
  expect((await ask(audit, "--installed-in", "elsewhere")).code).toBe(0);
});

describe("--installed-in", () => {
  it.each<[string, Command, string[]]>([
    ["explain -f", explain, ["-f", trainPod]],
    ["explain KIND/NAME", explain, ["pod/a"]],
    ["diff", diff, ["-f", trainPod]],
    ["inject", inject, ["-f", trainPod]],
    ["audit", audit, []],
  ])("%s takes no name that no namespace has", async (_, command, argv) => {
    for (const name of ["", "Not A Name", "../../secrets"]) {
      const { code, stdout, stderr } = await ask(command, ...argv, `--installed-in=${name}`);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(`--installed-in ${JSON.stringify(name)} cannot be the name of a namespace`);
    }
    expect(api.calls).toEqual([]);
  });
});

it("a file with an alias of nothing is told as any other that is no YAML", async () => {
  const file = join(temporaryFolder(), "config.yaml");
  writeFileSync(file, "mode: *none\n");
  const { code, stderr } = await ask(inject, "-f", trainPod, "--config", file);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${file}: Unresolved alias`)]);
});
