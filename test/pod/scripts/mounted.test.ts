import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mountedCommand, parseMountedCommand } from "../../../src/pod/client-commands.ts";

const shells = [["sh"], ["busybox", "sh"]].filter(
  ([program]) => spawnSync(program ?? "", ["-c", "true"]).error === undefined,
);

/** /proc is mounted wherever Linux runs. */
describe.skipIf(!existsSync("/proc/self/mountinfo")).each(shells)(
  "the question for a mount, by %s",
  (...shell) => {
    const ask = (seconds: number, path: string, ...types: string[]) => {
      const [, ...command] = mountedCommand(seconds, path, types);
      const [program = "sh", ...args] = shell;
      const started = performance.now();
      const { status, stderr } = spawnSync(program, [...args, ...command], { encoding: "utf8" });
      expect(stderr).toBe("");
      return { status, seconds: (performance.now() - started) / 1000 };
    };

    it.each<[string, string, string[], number]>([
      ["a mount of the type", "/proc", ["proc"], 0],
      ["a mount of one of several types", "/proc", ["fuse", "proc"], 0],
      ["a mount of another type", "/proc", ["fuse"], 1],
      ["a type that only begins so", "/proc", ["pro"], 1],
      ["a directory that is no mount", "/proc/self", ["proc"], 1],
      ["a path that is not there", "/nowhere", ["proc"], 1],
      ["a path that only begins so", "/pro", ["proc"], 1],
    ])("of %s", (_name, path, types, status) => {
      expect(ask(0, path, ...types).status).toBe(status);
    });

    it("waits as long as it is told, and no longer", () => {
      const { status, seconds } = ask(1, "/nowhere", "fuse");
      expect(status).toBe(1);
      expect(seconds).toBeGreaterThan(0.9);
      expect(ask(60, "/proc", "proc").seconds).toBeLessThan(30);
    });
  },
);

describe("parseMountedCommand", () => {
  it.each<[string, string[] | undefined, string | undefined]>([
    ["our own", mountedCommand(0, "/mnt/data", ["fuse"]), "/mnt/data"],
    ["another version's", ["sh", "-c", "other text", "sluice-mounted", "0", "/mnt", "fuse"], "/mnt"],
    ["another command", ["sh", "-c", "true"], undefined],
    ["one that is cut off", ["sh", "-c", "x", "sluice-mounted"], undefined],
    ["none", undefined, undefined],
  ])("reads %s", (_name, command, path) => {
    expect(parseMountedCommand(command)).toBe(path);
  });
});
