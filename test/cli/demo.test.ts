import { existsSync, readFileSync } from "node:fs";
import { Agent } from "node:https";
import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/demo.ts";
import { postReview } from "../../src/cli/post-review.ts";
import { runCaptured } from "./captured-io.ts";

describe("sluice demo", () => {
  it("shows a diff, the affinity, a refusal, an untouched pod and the time of each answer", async () => {
    const { code, stdout, stderr } = await runCaptured(run, []);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const line of [
      /imagenet +AlluxioRuntime +cache on node-a/,
      /corpus +JindoRuntime/,
      /checkpoints +JuiceFSRuntime/,
      /models +ThinRuntime/,
      /ready after \d+ ms on https:\/\/127\.0\.0\.1:\d+\/mutate/,
      /^ {4}- {4}persistentVolumeClaim:$/m,
      /^ {4}\+ {2}- name: fluid-fuse-0$/m,
      /^ {4}\+ {4}- \(a script of \d+ lines\)$/m,
      /preferred, weight 100: fluid\.io\/s-demo-imagenet = true/,
      /required: fluid\.io\/s-demo-checkpoints = true and fluid\.io\/s-demo-corpus = true/,
      /refused with status 409/,
      /claim demo\/speech belongs to Dataset demo\/speech, which does not exist/,
      /admitted as it is, nothing is changed/,
      /TLSv1\.3/,
    ])
      expect(stdout).toMatch(line);
    expect(stdout.match(/answered in \d+\.\d ms/g)).toHaveLength(4);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).not.toContain("\u001b[");
  });

  it("colours the diff where that is wanted", async () => {
    const { stdout } = await runCaptured(run, [], { color: true });
    expect(stdout).toContain("\u001b[32m+  - name: fluid-fuse-0\u001b[0m");
    expect(stdout).toContain("\u001b[31m-    persistentVolumeClaim:\u001b[0m");
  });

  it("goes on running with --keep until it is told to stop, with a review to send", async () => {
    const stop = new AbortController();
    let tried: Promise<{ allowed: boolean; folder: string }> | undefined;
    const { code } = await runCaptured(run, ["--keep"], {
      stop: stop.signal,
      onStdout: (text) => {
        const curl = /curl --cacert (\S+) .*\\\n +--data @(\S+) (https:\S+)\n/.exec(text);
        if (curl === null || tried !== undefined) return;
        const [, authority = "", review = "", url = ""] = curl;
        const agent = new Agent({ ca: readFileSync(authority) });
        tried = postReview(url, JSON.parse(readFileSync(review, "utf8")), agent)
          .then(({ allowed }) => ({ allowed, folder: review }))
          .finally(() => stop.abort("SIGINT"));
      },
    });
    const { allowed, folder } = (await tried) ?? { allowed: false, folder: "" };
    expect(allowed).toBe(true);
    expect(existsSync(folder)).toBe(false);
    expect(code).toBe(0);
  });

  it("ends early, and cleans up, when it is interrupted", async () => {
    const stop = new AbortController();
    const { code, stdout } = await runCaptured(run, [], {
      stop: stop.signal,
      onStdout: (text) => text.includes("ready after") && stop.abort("SIGINT"),
    });
    expect(stdout).not.toContain("answered in");
    expect(code).toBe(130);
  });

  it("says how it is called", async () => {
    const { code, stderr } = await runCaptured(run, ["--keeep"]);
    expect(stderr).toContain("unknown option --keeep, did you mean --keep?");
    expect(code).toBe(2);
  });
});
