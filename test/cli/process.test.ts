import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trainingPod } from "../../src/cli/demo-pods.ts";
import { toYaml } from "../../src/cluster/kubernetes-yaml.ts";
import { demoClusterFolder, temporaryFolder } from "./demo-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
const cluster = demoClusterFolder();
const program = join(folder, "sluice.js");

// The command as it is shipped, built into a folder of the test's own.
beforeAll(() => {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  execFileSync(process.execPath, ["scripts/build.js", folder], { cwd: root });
}, 120_000);

function start(argv: string[], env: Record<string, string> = {}): ChildProcess {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  return spawn(process.execPath, [program, ...argv], { env: { ...inherited, ...env } });
}

async function sluice(argv: string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
  const child = start(argv, options.env);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  child.stdin?.end(options.stdin ?? "");
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

describe("the sluice command", () => {
  it.each([[["--help"]], [["-h"]], [[]]])("tells its commands when called with %j", async (argv) => {
    const { code, stdout } = await sluice(argv);
    for (const command of ["serve", "console", "inject", "explain", "demo"])
      expect(stdout).toMatch(new RegExp(`^ +${command} `, "m"));
    expect(code).toBe(0);
  });

  it.each(["serve", "console", "inject", "explain", "demo"])("helps with %s", async (command) => {
    const { code, stdout, stderr } = await sluice([command, "--help"]);
    expect(stdout).toContain(`sluice ${command}`);
    expect(stdout.split("\n").filter((line) => line.length > 110)).toEqual([]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("tells its version", async () => {
    expect((await sluice(["--version"])).stdout).toMatch(/^sluice \d+\.\d+\.\d+\n$/);
  });

  it("completes for kubectl by the script that it prints for it", async () => {
    const { stdout: script } = await sluice(["completion", "kubectl"]);
    const plugins = temporaryFolder();
    const completion = join(plugins, "kubectl_complete-sluice");
    writeFileSync(completion, script, { mode: 0o755 });
    writeFileSync(
      join(plugins, "kubectl-sluice"),
      `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
      { mode: 0o755 },
    );
    const env = { ...process.env, PATH: `${plugins}:${process.env["PATH"]}` };
    const said = execFileSync(completion, ["explain", "-n", "two words", "pv"], { env, encoding: "utf8" });
    expect(said).toBe("pvc/\n:6\n");
  });

  it.each([
    ["injcet", /no command "injcet", did you mean inject\?/],
    ["--verison", /no option "--verison", did you mean --version\?/],
  ])("does not know %s", async (word, message) => {
    const { code, stderr } = await sluice([word]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it("injects from standard input to standard output", async () => {
    const { code, stdout, stderr } = await sluice(["inject", "-f", "-", "--cluster", cluster], {
      stdin: toYaml(trainingPod),
    });
    expect(stderr).toMatch(/^Pod demo\/train: injected/);
    expect(stdout).toContain("name: fluid-fuse-0");
    expect(code).toBe(0);
  });

  it("is quiet when its reader goes away", async () => {
    const items = Array.from({ length: 200 }, (_, index) => ({
      ...trainingPod,
      metadata: { ...trainingPod.metadata, name: `p${index}` },
    }));
    const child = start(["inject", "-f", "-", "--cluster", cluster, "-o", "json"]);
    let stderr = "";
    child.stderr?.on("data", (chunk) => (stderr += chunk));
    child.stdout?.once("data", () => child.stdout?.destroy());
    child.stdin?.end(JSON.stringify({ kind: "List", items }));
    const [code, signal] = await once(child, "close");
    expect(stderr).not.toMatch(/EPIPE|Error/);
    expect([code, signal]).toEqual([0, null]);
  });

  it.skipIf(!existsSync("/dev/full"))("says in one line where it cannot write", async () => {
    const pod = join(folder, "full.yaml");
    writeFileSync(pod, toYaml(trainingPod));
    const full = openSync("/dev/full", "w");
    const argv = [program, "inject", "-f", pod, "--cluster", cluster];
    const { status, stderr } = spawnSync(process.execPath, argv, {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect(stderr).toMatch(/^sluice inject: the output cannot be written: ENOSPC.*\n$/);
    expect(status).toBe(1);
  });

  it.each([
    [{}, false],
    [{ FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("colours a pipe with %j: %s", async (env, coloured) => {
    const argv = ["explain", "-f", "-", "--cluster", cluster];
    const { stdout } = await sluice(argv, { stdin: toYaml(trainingPod), env });
    expect(stdout.includes("\u001b[")).toBe(coloured);
  });

  it("serves until it is told to end, and ends at once when it is told again", async () => {
    const listen = ["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--drain-seconds", "600"];
    const child = start(["serve", "--cluster", cluster, "--cert-dir", join(folder, "certs"), ...listen]);
    const awaited = ['"msg":"ready"', '"msg":"stopping"'];
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
      for (; awaited[0] !== undefined && said.includes(awaited[0]); awaited.shift()) child.kill("SIGTERM");
    });
    expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
    expect(awaited).toEqual([]);
  });

  it("shows its demo", async () => {
    const { code, stdout, stderr } = await sluice(["demo"]);
    expect(stdout).toContain("admitted as it is, nothing is changed");
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("removes the demo's files on Ctrl-C", async () => {
    const child = start(["demo", "--keep"]);
    let stdout = "";
    child.stdout?.on("data", (chunk) => {
      stdout += chunk;
      if (stdout.includes("curl ") && stdout.endsWith("/mutate\n")) child.kill("SIGINT");
    });
    const [code, signal] = await once(child, "close");
    expect([code, signal]).toEqual([0, null]);
    const authority = /--cacert (\S+)/.exec(stdout)?.[1] ?? "";
    expect(authority).not.toBe("");
    expect(() => execFileSync("ls", [authority], { stdio: "ignore" })).toThrow();
  });
});

describe("what a command loads", () => {
  /** The files of the build that are in memory when `command` runs, as one text. */
  function loadedBy(command: string): string {
    const main = readFileSync(program, "utf8");
    const [, begin = ""] = new RegExp(`"\\./(${command}-\\w+\\.js)"`).exec(main) ?? [];
    const texts = new Map<string, string>([["sluice.js", main]]);
    const load = (file: string) => {
      if (texts.has(file)) return;
      const text = readFileSync(join(folder, file), "utf8");
      texts.set(file, text);
      for (const [, other = ""] of text.matchAll(/(?:\bfrom|\bimport) ?"\.\/([\w-]+\.js)"/g)) load(other);
    };
    load(begin);
    return [...texts.values()].join("\n");
  }

  it("is nothing of the console's for the webhook", () => {
    const ofConsole = "json-schema-resolver";
    expect(loadedBy("console")).toContain(ofConsole);
    expect(loadedBy("serve")).not.toContain(ofConsole);
  });

  it.each(["serve", "controllers", "console"])("is kept in one byte a character by %s", (command) => {
    expect(loadedBy(command).length).toBeGreaterThan(500_000);
    expect(/[^\0-\xff]/.exec(loadedBy(command))?.[0]).toBeUndefined();
  });
});

describe("the console as it is shipped", () => {
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    child = start(["console", "--cluster", cluster, "--listen", "127.0.0.1:0"]);
    url = await new Promise((resolve, reject) => {
      let said = "";
      child.stdout?.on("data", (chunk) => {
        said += chunk;
        const found = /ready on (http:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    });
  }, 120_000);
  afterAll(() => {
    child?.kill("SIGKILL");
  });

  it.each([
    ["/", "text/html", '<script type="module" src="console.js">'],
    ["/console.js", "text/javascript", "sluice-token"],
    ["/console.css", "text/css", "prefers-color-scheme"],
    ["/icon.svg", "image/svg+xml", "<svg"],
    ["/openapi.json", "application/json", '"openapi":"3.0.3"'],
    ["/api/v1/datasets", "application/json", '"imagenet"'],
  ])("serves %s", async (path, type, text) => {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain(type);
    expect(await response.text()).toContain(text);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
    const again = await fetch(url + path, {
      headers: { "if-none-match": response.headers.get("etag") ?? "-" },
    });
    expect(again.status).toBe(path === "/openapi.json" ? 200 : 304);
  });

  it("loads nothing from elsewhere", () => {
    const page = ["index.html", "console.js", "console-style.css"]
      .map((file) => readFileSync(join(folder, "console-page", file), "utf8"))
      .join("\n");
    const names = ["http://www.w3.org/"];
    const addresses = [...page.matchAll(/https?:\/\/[^"'`)\s]*/g)].map(([address]) => address);
    expect(addresses.filter((address) => !names.some((name) => address.startsWith(name)))).toEqual([]);
    expect(page).not.toMatch(/\beval\(|new Function\(|@import|innerHTML ?= ?"/);
  });

  it("ends when it is told to", async () => {
    const { exitCode } = child;
    child.kill("SIGTERM");
    // By a try that failed it was told before.
    expect(exitCode === null ? await once(child, "exit") : [exitCode, child.signalCode]).toEqual([0, null]);
  });
});
