import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type CheckedMount, checkCommand } from "../../../src/pod/mount-checks.ts";
import { describeWithShells, type PodSandbox } from "../../support/pod-scripts.ts";

/** Starts the hook among the sandbox's mounts. Hooks are not expanded, so what would be is escaped. */
function check(sandbox: PodSandbox, mounts: readonly CheckedMount[], seconds = 0) {
  const command = checkCommand(seconds, mounts).map((word) => word.replaceAll("$", "$$$$"));
  return sandbox.start({ command });
}

describeWithShells("the check of an app's mounts", (node) => {
  it.each(["fuse", "nfs4 fuse"])("finds a client's mount of type %s (W7)", async (types) => {
    const sandbox = await node();
    const root = sandbox.view();
    await sandbox.serve([root]);
    const path = join(sandbox.volume, ".view-0");
    expect(await check(sandbox, [{ path, fileSystems: types }]).ended).toBe(0);
  });

  it("finds mounts with blanks in their path, behind a link, and of files", async () => {
    const sandbox = await node();
    const views = [sandbox.view("view 0"), sandbox.view("view-1", "file")];
    await sandbox.serve(views);
    symlinkSync(sandbox.volume, join(sandbox.directory, "link"));
    const inside = join(sandbox.directory, "straight");
    symlinkSync(join(sandbox.volume, ".view 0"), inside);
    const paths = [
      join(sandbox.volume, ".view 0"),
      join(sandbox.directory, "link/.view-1"),
      inside,
      `${sandbox.volume}/.view 0/`,
    ];
    const mounts = paths.map((path) => ({ path, fileSystems: "fuse" }));
    const hook = check(sandbox, mounts);
    expect({ ended: await hook.ended, log: hook.log }).toEqual({ ended: 0, log: "" });
  });

  it("waits for a mount that comes late", async () => {
    const sandbox = await node();
    const path = join(sandbox.volume, ".view-0");
    const hook = check(sandbox, [{ path, fileSystems: "fuse" }], 10);
    await sandbox.serve([sandbox.view()]);
    expect(await hook.ended).toBe(0);
  });

  it.each<[string, string, string]>([
    ["nothing is mounted", "empty", "fuse"],
    ["only a path that begins alike is mounted (W7)", ".view", "fuse"],
    ["something else is mounted", ".", "fuse"],
    ["the type only begins alike", ".view-0", "fus"],
    ["the directory is not there", "none", "fuse"],
  ])("fails when %s", async (_, name, fileSystems) => {
    const sandbox = await node();
    await sandbox.serve([sandbox.view()]);
    mkdirSync(join(sandbox.directory, "unmounted"));
    writeFileSync(join(sandbox.directory, "unmounted/empty"), "");
    const path = name === "empty" ? join(sandbox.directory, "unmounted") : join(sandbox.volume, name);
    const hook = check(sandbox, [{ path, fileSystems }]);
    expect(await hook.ended).toBe(1);
    expect(hook.log).toContain(`${path} has no file system of type ${fileSystems} after 0 s, but `);
  });

  it("sees what lies on top", async () => {
    const sandbox = await node();
    await sandbox.serve([sandbox.view()]);
    const path = join(sandbox.volume, ".view-0");
    await sandbox.inside("mount", "-t", "tmpfs", "over", path);
    expect(await check(sandbox, [{ path, fileSystems: "fuse" }]).ended).toBe(1);
    expect(await check(sandbox, [{ path, fileSystems: "tmpfs" }]).ended).toBe(0);
  });
});
