import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientScript } from "../../../src/datasets/juicefs/client-command.ts";

// As the kubelet gives it to the shell.
const script = clientScript.replaceAll("$$", "$");
const shells = [["sh"], ["bash"], ["busybox", "sh"]].filter(
  ([program = "", ...args]) => spawnSync(program, [...args, "-c", "exit 0"]).status === 0,
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-juicefs-"));
  // Writes each of its words on a line of its own, in brackets; fails where the first one says so.
  const program = `#!/bin/sh\n{ echo run; for word; do printf '[%s]\\n' "$word"; done; } >>"${folder}/log"\n[ "$1" != fail ] || exit 7\n[ "$1 $2" != "quota get" ] || exit 1\n`;
  writeFileSync(join(folder, "program"), program, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(shell: readonly string[], words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [program = "", ...args] = shell;
  const result = spawnSync(program, [...args, "-c", script, "sluice-juicefs", ...words], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    encoding: "utf8",
  });
  return { ...result, runs: runsIn(join(folder, "log")) };
}

function runsIn(file: string): string[][] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("run\n")
    .slice(1)
    .map((text) => [...text.matchAll(/\[([\s\S]*?)\]\n/g)].map(([, word = ""]) => word));
}

describe.each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "the client's script in %s",
  (_, shell) => {
    const program = () => join(folder, "program");

    it("runs the init step, then the mount, with the values of variables as words", () => {
      const words = [
        "init",
        program(),
        "format",
        "@bucket=--bucket",
        "@metaurl",
        "name",
        "--",
        program(),
        "@metaurl",
        "/jfs/x",
      ];
      const { status, runs } = run(shell, words, { bucket: "b c", metaurl: "redis://x" });
      expect(status).toBe(0);
      expect(runs).toEqual([
        ["format", "--bucket=b c", "redis://x", "name"],
        ["redis://x", "/jfs/x"],
      ]);
    });

    it.each([
      ["a command", "$(touch pwned)"],
      ["backquotes", "`touch pwned`"],
      ["quotes", `'; touch pwned; "`],
      ["a newline", "x\ntouch pwned\n"],
      ["a pattern", "*"],
      ["a variable", "$HOME"],
    ])("takes %s for nothing but text, in values and in words", (_name, hostile) => {
      const { runs } = run(shell, [program(), "@value", "@value=--flag", hostile], { value: hostile });
      const value = hostile.replace(/\n+$/, "");
      expect(runs).toEqual([[value, `--flag=${value}`, hostile]]);
      expect(existsSync("pwned")).toBe(false);
    });

    it("takes a value of a file that ends in newlines without them, as the driver's shell does", () => {
      const values = { metaurl: "redis://redis/1\n\n", options: "trash-days=1\n" };
      const { runs } = run(shell, [program(), "@metaurl", ",options"], values);
      expect(runs).toEqual([["redis://redis/1", "--trash-days=1"]]);
    });

    it("takes words that begin like its marks, where they are marked", () => {
      expect(run(shell, [program(), "=@a", "=,b", "==c", "=--"]).runs).toEqual([["@a", ",b", "=c", "--"]]);
    });

    it("makes a flag of each entry of a comma list", () => {
      const { runs } = run(shell, [program(), ",options"], { options: " trash-days=1, hash-prefix ,,a=b=c" });
      expect(runs).toEqual([["--trash-days=1", "--hash-prefix", "--a=b=c"]]);
    });

    it("does not mount where the init step fails, and says so (W42)", () => {
      const { status, stderr, runs } = run(shell, ["init", program(), "fail", "--", program(), "mount"]);
      expect(status).toBe(7);
      expect(stderr).toContain("fail ended with status 7, so the volume is not mounted");
      expect(runs).toEqual([["fail"]]);
    });

    it("sets a quota where there is none, beside the mount", () => {
      const { runs } = run(shell, ["quota", program(), "src", "/a b", "10", "--", "sleep", "1"]);
      expect(runs).toEqual([
        ["quota", "get", "src", "--path", "/a b"],
        ["quota", "set", "src", "--path", "/a b", "--capacity", "10"],
      ]);
    });
  },
);
