import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run as diff } from "../../src/cli/diff.ts";
import { run as explain } from "../../src/cli/explain.ts";
import { run as inject } from "../../src/cli/inject.ts";
import { run as uninject } from "../../src/cli/uninject.ts";
import { runCaptured } from "./captured-io.ts";
import { demoClusterFolder, temporaryFolder } from "./demo-folder.ts";

const cluster = demoClusterFolder();
const folder = temporaryFolder();
mkdirSync(join(folder, "directory"));
const file = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const good = file("good.yaml", "kind: ConfigMap\n");

const inputs: [string, string, RegExp][] = [
  ["a missing file", join(folder, "nowhere.yaml"), /nowhere\.yaml: there is no such file/],
  ["a directory", join(folder, "directory"), /directory: is a directory: name its files/],
  ["an empty file", file("empty.yaml", ""), /empty\.yaml: holds no Kubernetes object/],
  ["only comments", file("comments.yaml", "# a\n---\n# b\n"), /comments\.yaml: holds no Kubernetes object/],
  ["bad YAML", file("bad.yaml", "kind: Pod\n---\na: b\nc: d: e\n"), /bad\.yaml:4:4: Nested mappings/],
  ["an open brace", file("open.json", '{"kind": "Pod"'), /open\.json:1:\d+: /],
  ["a key twice", file("twice.yaml", "kind: Pod\nkind: Job\n"), /twice\.yaml:2:1: Map keys must be unique/],
  [
    "an alias to nothing",
    file("alias.yaml", "kind: Pod\na: *nothing\n"),
    /alias\.yaml:1:1: Unresolved alias .*: nothing/,
  ],
  ["a text", file("text.yaml", "hello\n"), /text\.yaml:1:1: is not a Kubernetes object/],
  [
    "a list of items without kind",
    file("items.yaml", "kind: List\nitems:\n- a: 1\n"),
    /items\.yaml:3:3: the object has no kind/,
  ],
  ["an object without kind", file("kind.yaml", "\nmetadata: {}\n"), /kind\.yaml:2:1: the object has no kind/],
  ["not UTF-8", file("latin.yaml", Buffer.from("kind: Pod # \xe9\n", "latin1")), /latin\.yaml: is not UTF-8/],
  [
    "a workload without template",
    file("half.yaml", "---\nkind: Job\napiVersion: batch/v1\nmetadata: {name: j}\nspec: {}\n"),
    /half\.yaml:2:1: Job j has no spec\.template\.spec/,
  ],
  [
    "a pod without spec",
    file("spec.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: p}\n"),
    /spec\.yaml:1:1: Pod p has no spec/,
  ],
  [
    "a pod without anything",
    file("pod.yaml", "kind: Pod\napiVersion: v1\n"),
    /pod\.yaml:1:1: Pod without name has no spec/,
  ],
  ["a billion laughs", file("laughs.yaml", laughs()), /laughs\.yaml:1:1: Excessive alias count/],
];

function laughs(): string {
  const lines = ["kind: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++)
    lines.push(`k${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  return `${lines.join("\n")}\n`;
}

const usage: [string, string[], RegExp][] = [
  ["no file", ["--cluster", cluster], /name the manifests with -f FILE/],
  [
    "an unknown option",
    ["-f", good, "--clutser", cluster],
    /unknown option --clutser, did you mean --cluster\?/,
  ],
  [
    "a namespace that cannot be one",
    ["-f", good, "--cluster", cluster, "-n", "Bad NS!"],
    /-n "Bad NS!" cannot be the name of a namespace/,
  ],
  ["an option without value", ["-f"], /option -f needs a value/],
  ["a value for a switch", ["--help=yes"], /option --help takes no value/],
  ["an argument", [good, "--cluster", cluster], /unexpected argument ".*good\.yaml": .* -f /],
  ["an unknown format", ["-f", good, "--cluster", cluster, "-o", "xml"], /-o xml is not known: use /],
  ["standard input twice", ["-f", "-", "-f", "-", "--cluster", cluster], /-f - may be given only once/],
];

const elsewhere: [string, string[], RegExp][] = [
  [
    "a cluster folder that is missing",
    ["-f", good, "--cluster", join(folder, "none")],
    /cluster folder .*none cannot be read/,
  ],
  ["a configuration that is missing", ["--config", join(folder, "none")], /none: there is no such file/],
  ["a configuration that is no YAML", ["--config", file("c1", "a: b: c\n")], /c1:1:4: /],
  ["an unknown configuration key", ["--config", file("c2", "mood: good\nmode: odd\n")], /mode: [\s\S]*mood/],
  [
    "a platform that is not known",
    ["--config", file("c3", "platform: nowhere\n")],
    /c3 [\s\S]*platform: "nowhere" is not known: use kubernetes, /,
  ],
  [
    "requests above their limits",
    [
      "--config",
      file("c4", "guardResources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 500m, memory: 1Gi}}"),
    ],
    /c4 [\s\S]*guardResources\.requests\.cpu: 1 is more than the limit 500m/,
  ],
];

describe.each([
  ["inject", inject],
  ["explain", explain],
])("sluice %s, called with what it cannot use", (name, run) => {
  const check = async (argv: string[], message: RegExp) => {
    const { code, stdout, stderr } = await runCaptured(run, argv);
    expect(stderr).toMatch(message);
    expect(stderr.startsWith(`sluice ${name}: `)).toBe(true);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  };

  it.each(inputs)("names file, line and reason: %s", (_what, path, message) =>
    check(["-f", good, "-f", path, "--cluster", cluster], message),
  );
  it.each(usage)("says how it is called: %s", (_what, argv, message) => check(argv, message));
  it.each(elsewhere)("says what is wrong elsewhere: %s", (_what, argv, message) =>
    check(["-f", good, "--cluster", cluster, ...argv], message),
  );

  it("names every unreadable file at once", async () => {
    const { stderr } = await runCaptured(run, ["-f", "a.none", "-f", "b.none", "--cluster", cluster]);
    expect(stderr.match(/no such file/g)).toHaveLength(2);
  });

  it("goes on where the cluster folder holds a broken file, and says so", async () => {
    const broken = demoClusterFolder({ "broken.yaml": "a: b: c\n" });
    const { code, stderr } = await runCaptured(run, ["-f", good, "--cluster", broken]);
    expect(stderr).toMatch(/error: .*broken\.yaml/);
    expect(code).toBe(0);
  });

  it("tells of an empty standard input", async () => {
    const { code, stderr } = await runCaptured(run, ["-f", "-", "--cluster", cluster], { stdin: "" });
    expect(stderr).toBe(`sluice ${name}: standard input: holds no Kubernetes object\n`);
    expect(code).toBe(2);
  });
});

describe("a manifest that means to act on the terminal", () => {
  const hostile = file(
    "hostile.json",
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "a\u001b]0;title\u0007\u009b2J\nPod demo/b: injected",
        namespace: "demo",
        annotations: { note: "\u001b[2J\u009b1A\u202e" },
      },
      spec: {
        containers: [
          { name: "app", image: "i\u001b[8m", volumeMounts: [{ name: "data", mountPath: "/data" }] },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
      },
    }),
  );

  it.each([
    ["explain", explain, ["--cluster", cluster]],
    ["explain -o json", explain, ["--cluster", cluster, "-o", "json"]],
    ["diff", diff, ["--cluster", cluster]],
    ["inject", inject, ["--cluster", cluster]],
    ["uninject", uninject, []],
  ] as const)("is told without what acts: sluice %s", async (name, run, argv) => {
    const { stdout, stderr } = await runCaptured(run, ["-f", hostile, ...argv]);
    const words = name.endsWith("inject") ? stderr : stdout + stderr;
    expect(words).toContain("\\u009b");
    expect(words).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    expect(words).not.toMatch(/^Pod demo\/b/m);
  });
});
