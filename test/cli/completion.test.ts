import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { complete } from "../../src/cli/complete.ts";
import { allHelp, run } from "../../src/cli/completion.ts";
import { readHelp } from "../../src/cli/option-table.ts";
import { runCaptured } from "./captured-io.ts";
import { temporaryFolder } from "./demo-folder.ts";

const exec = promisify(execFile);
const limits = { timeout: 60_000 };

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runCaptured(run, [shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function isInstalled(shell: string): Promise<boolean> {
  return exec(shell, ["-c", "true"], limits).then(
    () => true,
    () => false,
  );
}

describe("the table of commands and options", () => {
  const table = readHelp(allHelp());

  it("has every command with a help of its own", () => {
    const names = table.map(({ name }) => name).sort();
    expect(names).toEqual(Object.keys(allHelp()).filter(Boolean).sort());
    for (const { name, options } of table)
      expect(
        options.map(({ long }) => long),
        name,
      ).toContain("--help");
  });

  it("has every option that a help shows", () => {
    for (const { name, options } of table) {
      const shown = (allHelp()[name] ?? "").split("\n").filter((line) => /^ {2}(-\w, | {4})--/.test(line));
      expect(options, name).toHaveLength(shown.length);
    }
  });

  it("tells short names and values", () => {
    const options = table.find(({ name }) => name === "inject")?.options;
    expect(options).toContainEqual({
      long: "--filename",
      short: "-f",
      value: "FILE",
      text: expect.stringContaining("manifests to read"),
    });
  });
});

describe("sluice completion bash", async () => {
  const there = await isInstalled("bash");
  it.skipIf(!there).each([
    ["sluice unin", "uninject"],
    ["sluice inject --clu", "--cluster"],
    ["sluice explain --kubeco", "--kubeconfig"],
    ["sluice completion f", "fish"],
    ["sluice explain dep", "deployment/"],
    ["sluice diff -f pod.yaml --fu", "--full"],
    ["kubectl-sluice che", "check"],
    ["sluice --ver", "--version"],
    ["sluice inject -o pat", ""],
  ])("completes %j", async (line, expected) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "sluice.bash"), await script("bash"));
    const words = line.split(" ");
    const ask = `source sluice.bash; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p ${words[0]} >&2`;
    const { stdout, stderr } = await exec("bash", ["--norc", "-c", ask, "bash", ...words], {
      ...limits,
      cwd: folder,
    });
    expect(stdout.trim()).toBe(expected);
    expect(stderr).toContain("-F _sluice");
  });

  it.skipIf(!there)("completes files where a file is asked for", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "sluice.bash"), await script("bash"));
    writeFileSync(join(folder, "train.yaml"), "");
    const ask = `source sluice.bash; COMP_WORDS=(sluice diff -f tr); COMP_CWORD=3; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await exec("bash", ["--norc", "-c", ask], { ...limits, cwd: folder });
    expect(stdout).toBe("train.yaml\n");
  });
});

describe("sluice completion zsh and fish", async () => {
  const [zsh, fish] = await Promise.all([isInstalled("zsh"), isInstalled("fish")]);

  it.skipIf(!zsh)("loads in zsh (skipped where there is no zsh)", async () => {
    const file = join(temporaryFolder(), "_sluice");
    writeFileSync(file, await script("zsh"));
    const ask = `autoload -Uz compinit && compinit -D -u; source ${file}; print -r -- $_comps[sluice] $_comps[kubectl-sluice]`;
    const { stdout, stderr } = await exec("zsh", ["-f", "-c", ask], limits);
    expect({ stdout, stderr }).toEqual({ stdout: "_sluice _sluice\n", stderr: "" });
  });

  it.skipIf(!fish)("completes in fish (skipped where there is no fish)", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "sluice.fish"), await script("fish"));
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
    const ask = `source ${join(folder, "sluice.fish")}; complete -C 'sluice unin'; complete -C 'sluice diff --fu'`;
    const { stdout, stderr } = await exec("fish", ["--no-config", "-c", ask], { ...limits, env });
    expect(stderr).toBe("");
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["uninject", "--full", ""]);
  });

  it("writes nothing by which a shell would run something", async () => {
    for (const shell of ["zsh", "fish"]) {
      const text = await script(shell);
      for (const line of text.split("\n").filter((one) => one.includes("'")))
        expect(line.split("'").length % 2, line).toBe(1);
    }
  });
});

describe("what kubectl is told that the last word may become", () => {
  const table = readHelp(allHelp());

  it.each([
    [["unin"], ["uninject"], 4],
    [["completion", "k"], ["kubectl"], 4],
    [["explain", "dep"], ["deployment/"], 6],
    [["explain", "-n", "research", "pod"], ["pod/"], 6],
    [["inject", "--clu"], ["--cluster"], 4],
    [["diff", "-f", "pod.yaml", "--fu"], ["--full"], 4],
    [["inject", "-f", ""], [], 0],
    [["inject", "--cluster", "x"], [], 16],
    [["inject", "-o", ""], [], 4],
    [["explain", "x"], [], 4],
    [["none", ""], [], 4],
  ])("%j: %j, directive %i", (typed, expected, directive) => {
    const lines = complete(typed, table).split("\n");
    expect(lines.splice(-2)).toEqual([`:${directive}`, ""]);
    expect(lines.map((line) => line.split("\t")[0])).toEqual(expected);
  });

  it.each([[[]], [[""]]])("tells all commands, with what they do, for %j", (typed) => {
    const lines = complete(typed, table).split("\n").slice(0, -2);
    expect(lines).toEqual(table.map(({ name, text }) => `${name}\t${text}`));
  });
});

describe("sluice completion, called with what it cannot use", () => {
  it.each([
    [[], /name the shell: bash, zsh, fish, kubectl/],
    [["bahs"], /name the shell, did you mean bash\?/],
    [["bash", "zsh"], /unexpected argument "zsh"/],
    [["--shell", "bash"], /unknown option --shell/],
  ])("%j", async (argv, problem) => {
    const { code, stdout, stderr } = await runCaptured(run, argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(problem);
  });
});
