import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/diff.ts";
import { paintWith } from "../../src/cli/paint.ts";
import { unifiedDiff } from "../../src/cli/unified-diff.ts";
import { readCase, writeCluster } from "../golden/golden-case.ts";
import { runCaptured } from "./captured-io.ts";

const names = { before: "a", after: "b" };

describe("unifiedDiff", () => {
  it("is empty where nothing differs", () => {
    expect(unifiedDiff("a\nb\n", "a\nb\n", names, paintWith(false))).toBe("");
  });

  it("is what diff -u writes", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";
    const after = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\nzwölf\n13\n14\n";
    expect(unifiedDiff(before, after, names, paintWith(false))).toBe(
      "--- a\n+++ b\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -9,6 +10,6 @@\n 9\n 10\n 11\n-12\n+zwölf\n 13\n 14\n",
    );
    expect(unifiedDiff("", "x\n", names, paintWith(false))).toBe("--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
  });

  it("leads from the one text to the other", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "", " d"))
      .map((lines) => lines.map((l) => `${l}\n`).join(""));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patched(before, unifiedDiff(before, after, names, paintWith(false)))).toBe(after);
      }),
      { numRuns: 300 },
    );
  });
});

describe("sluice diff", () => {
  let folder = "";
  beforeAll(() => {
    folder = writeCluster("thin");
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const diff = (stdin: string, ...more: string[]) =>
    runCaptured(run, ["-f", "-", "--cluster", folder, ...more], { stdin });

  it("shows what is changed, and ends with 1", async () => {
    const { code, stdout, stderr } = await diff(readCase("thin").text);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(
      /^--- manifest\/v1\.Pod\.research\.train\n\+\+\+ admitted\/v1\.Pod\.research\.train\n@@ /,
    );
    expect(stdout).toContain("\n-    persistentVolumeClaim:\n");
    expect(stdout).toContain("\n+    - (a script of ");
    const full = await diff(readCase("thin").text, "--full");
    expect(full.stdout).not.toContain("(a script of ");
    expect(full.stdout.length).toBeGreaterThan(stdout.length);
  });

  it("says nothing of what stays, and ends with 0", async () => {
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    expect(await diff(pod)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("ends with 3 where something is refused, and says why", async () => {
    const text = readCase("thin").text.replace("claimName: models", "claimName: nothing");
    const { code, stdout, stderr } = await diff(text);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^Pod research\/train: refused: claim research\/nothing does not exist/);
  });

  it.each([
    [["-f", "/nowhere/pod.yaml"], /there is no such file/],
    [[], /name the manifests with -f FILE/],
    [["-o", "json", "-f", "-"], /unknown option -o/],
    [["pod/a"], /unexpected argument "pod\/a"/],
  ])("ends with 2 for %j", async (argv, problem) => {
    const { code, stderr } = await runCaptured(run, argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(problem);
  });

  it("reads a file, and says the name that it was called by", async () => {
    const place = mkdtempSync(join(tmpdir(), "sluice-diff-"));
    writeFileSync(join(place, "broken.yaml"), "a: [");
    const { code, stderr } = await runCaptured(run, ["-f", join(place, "broken.yaml"), "--cluster", folder], {
      program: "kubectl sluice",
    });
    rmSync(place, { recursive: true });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^kubectl sluice diff: .*broken\.yaml:/);
  });
});

/** What `patch` makes of `before`. */
function patched(before: string, diff: string): string {
  const source = before.split("\n").slice(0, -1);
  const result: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const [, start, count] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (start !== undefined) {
      const from = Number(start) - (count === "0" ? 0 : 1);
      result.push(...source.slice(at, from));
      at = from;
    } else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      expect(source[at]).toBe(line.slice(1));
      at++;
      if (line.startsWith(" ")) result.push(line.slice(1));
    }
  }
  return [...result, ...source.slice(at)].map((line) => `${line}\n`).join("");
}
