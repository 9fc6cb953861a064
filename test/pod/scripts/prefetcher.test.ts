import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type PrefetchWork,
  prefetcherCommand,
  prefetchWaitCommand,
} from "../../../src/pod/prefetch-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells, type PodSandbox } from "../../support/pod-scripts.ts";

interface Run {
  readonly status: string;
  readonly start: (
    patterns: readonly string[],
    work?: Partial<PrefetchWork>,
    env?: Record<string, string>,
    /** The dataset as the prefetcher sees it. */
    path?: string,
  ) => ReturnType<PodSandbox["start"]>;
  readonly result: () => Record<string, string>;
}

/** A dataset in the sandbox's source directory, and a prefetcher over it. */
function prefetcherIn(sandbox: PodSandbox): Run {
  const status = join(sandbox.directory, "status");
  mkdirSync(status);
  const data = sandbox.source;
  mkdirSync(join(data, "models/deep er/deepest"), { recursive: true });
  for (const [name, text] of Object.entries({
    "models/a.bin": "a",
    "models/b.txt": "b",
    "models/.hidden": "no wildcard matches it",
    "models/deep er/c d.bin": "c",
    "models/deep er/deepest/e.bin": "e",
    "[x].bin": "its name means something in a pattern",
  }))
    writeFileSync(join(data, name), text);
  symlinkSync("..", join(data, "models/deep er/circle"));
  return {
    status,
    start: (patterns, work = {}, env = {}, path = data) =>
      sandbox.start({
        command: prefetcherCommand(
          { when: "end", seconds: 60, ...work, patterns: patterns.map((pattern) => join(path, pattern)) },
          status,
        ),
        env,
      }),
    result: () =>
      Object.fromEntries(
        readFileSync(join(status, "prefetcher.status"), "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split("=")),
      ),
  };
}

describeWithShells("prefetcher", (node) => {
  it.each<[string, string[], number]>([
    ["everything below a directory, once in spite of links in a circle", ["**"], 6],
    ["everything below a directory that is named", ["models"], 4],
    ["what a wildcard matches", ["models/*.bin"], 1],
    ["what matches at any depth", ["**/*.bin"], 4],
    ["what lies in directories that match", ["models/*/*.bin"], 1],
    ["below directories of one name, at any depth", ["**/deepest/**"], 1],
    ["a set of characters", ["models/[ab].*"], 2],
    ["one file by its name, with a blank in it", ["models/deep er/c d.bin"], 1],
    ["several patterns", ["models/a.bin", "models/b.txt"], 2],
    ["a hidden file by its name", ["models/.hidden"], 1],
  ])("reads %s", async (_, patterns, files) => {
    const run = prefetcherIn(await node());
    const prefetcher = run.start(patterns);
    expect(await prefetcher.ended).toBe(0);
    expect(run.result()).toMatchObject({
      prefetch_result: "success",
      files: String(files),
      failed: "0",
    });
    expect(prefetcher.log).toContain(`prefetch: success: ${files} files read, 0 failed`);
  });

  it("really reads: the bytes come from the client that serves the dataset", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const root = sandbox.view();
    await sandbox.serve([root]);
    writeFileSync(join(sandbox.source, "big.bin"), Buffer.alloc(3_000_000, 1));
    const before = bytesRead();
    const env = { BUFFER_SIZE_IN_BYTES: "1048576" };
    const prefetcher = run.start(["**/*.bin"], {}, env, root.path);
    expect(await prefetcher.ended).toBe(0);
    expect(prefetcher.log).toContain("5 files read, 0 failed");
    expect(bytesRead() - before).toBeGreaterThan(3_000_000);

    function bytesRead(): number {
      return sandbox
        .processes("/usr/bin/bindfs")
        .map((pid) => Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]))
        .reduce((sum, next) => sum + next, 0);
    }
  });

  it("says which pattern matches nothing, and that this is no failure", async () => {
    const run = prefetcherIn(await node());
    const prefetcher = run.start(["models/a.bin", "none/*"]);
    expect(await prefetcher.ended).toBe(0);
    expect(run.result()).toMatchObject({ prefetch_result: "success", files: "1" });
    expect(prefetcher.log).toMatch(/no file matches .*\/none\/\*/);
    expect(prefetcher.log).toContain("some patterns match no file");
  });

  it("goes on after a file that cannot be read, and says that it failed", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    writeFileSync(join(sandbox.directory, "dd"), `#!/bin/sh\ncase "$1" in *a.bin) exit 1 ;; esac\n`, {
      mode: 0o755,
    });
    const command = prefetcherCommand(
      { when: "end", seconds: 60, patterns: [join(sandbox.source, "models/*")] },
      run.status,
    );
    const script = command[2] ?? "";
    const prefetcher = sandbox.start({
      command: command.with(2, `PATH=${sandbox.directory}:$PATH\n${script}`),
    });
    expect(await prefetcher.ended).toBe(0);
    expect(run.result()).toMatchObject({ prefetch_result: "fail", files: "1", failed: "1" });
    expect(prefetcher.log).toMatch(/cannot read .*models\/a\.bin/);
  });

  it("ends in time even when a read hangs", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const root = sandbox.view();
    await sandbox.serve([root]);
    await sandbox.hangClient();
    const prefetcher = run.start(["file"], { seconds: 1 }, {}, root.path);
    expect(await prefetcher.ended).toBe(0);
    expect(prefetcher.log).toContain("stopped, for it took longer than 1 s");
    expect(run.result()).toMatchObject({ prefetch_result: "fail", files: "0" });
  });

  it("ends at once on TERM while it reads", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const root = sandbox.view();
    await sandbox.serve([root]);
    await sandbox.hangClient();
    const prefetcher = run.start(["file"], {}, {}, root.path);
    await prefetcher.terminate();
    expect(await prefetcher.ended).toBe(0);
    expect(existsSync(join(run.status, "prefetcher.status"))).toBe(false);
  });

  it("stays until TERM when it is a sidecar, and does not read again after a restart", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const first = run.start(["models/*"], { when: "stay", seconds: 0 });
    await first.says("prefetch: success");
    // It writes down what it has said only then, and TERM in between would leave nothing to know it by.
    await eventually("its result is written", () => existsSync(join(run.status, "prefetcher.status")));
    expect(first.running).toBe(true);
    await first.terminate();
    expect(await first.ended).toBe(0);
    const second = run.start(["models/*"], { when: "stay", seconds: 0 });
    await second.terminate();
    expect(await second.ended).toBe(0);
    expect(second.log).toBe("");
  });
});

describeWithShells("the hook of a prefetcher that is an ordinary container", (node) => {
  it("waits for the result, and lets the prefetcher end then", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const hook = sandbox.start({ command: prefetchWaitCommand(30, run.status) });
    const prefetcher = run.start(["models/*"], { when: "linger", seconds: 0 });
    expect(await hook.ended).toBe(0);
    expect(run.result()).toMatchObject({ prefetch_result: "success" });
    expect(await prefetcher.ended).toBe(0);
  });

  it("gives up in time, without failing", async () => {
    const sandbox = await node();
    const run = prefetcherIn(sandbox);
    const hook = sandbox.start({ command: prefetchWaitCommand(1, run.status) });
    expect(await hook.ended).toBe(0);
  });
});
