import { expect, it } from "vitest";
import { mountedCommand, supervisorCommand } from "../../../src/pod/client-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells, type PodSandbox } from "../../support/pod-scripts.ts";

/** A client without views, which mounts straight into the volume that it shares with the app. */
function superviseDirect(sandbox: PodSandbox) {
  const { volume, source } = sandbox;
  const client = ["/usr/bin/bindfs", "-f", source, volume];
  return sandbox.start({ command: supervisorCommand({ mountPath: volume, views: [], client }) });
}

describeWithShells("supervisor without views", (node) => {
  it("mounts into the shared volume, so that an app that starts behind the hook reads there", async () => {
    const sandbox = await node();
    const supervisor = superviseDirect(sandbox);
    const hook = sandbox.start({ command: mountedCommand(20, sandbox.volume, ["fuse"]) });
    expect(await hook.ended).toBe(0);
    const app = await sandbox.startApp(sandbox.volume);
    expect(await app.read()).toBe("hello");
    expect(supervisor.log).toContain("mounted at");
  });

  it("answers no before there is a mount", async () => {
    const sandbox = await node();
    expect(await sandbox.start({ command: mountedCommand(0, sandbox.volume, ["fuse"]) }).ended).toBe(1);
  });

  it("ends on TERM and leaves no mount", async () => {
    const sandbox = await node();
    const supervisor = superviseDirect(sandbox);
    await supervisor.says("mounted at");
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(await sandbox.start({ command: mountedCommand(0, sandbox.volume, ["fuse"]) }).ended).toBe(1);
    expect(await sandbox.list(sandbox.volume)).toEqual([]);
  });

  it("mounts again when its client dies, and who starts then reads", async () => {
    const sandbox = await node();
    const supervisor = superviseDirect(sandbox);
    await supervisor.says("mounted at");
    sandbox.killClient();
    await eventually("it has mounted again", () => supervisor.log.split("mounted at").length === 3);
    expect(await sandbox.start({ command: mountedCommand(10, sandbox.volume, ["fuse"]) }).ended).toBe(0);
    const app = await sandbox.startApp(sandbox.volume);
    expect(await app.read()).toBe("hello");
  });

  it("knows a mount whose path has blanks in it, in the client's own container", async () => {
    const sandbox = await node();
    const supervisor = await sandbox.serve([sandbox.view()]);
    expect(sandbox.mountPath).toContain(" ");
    const [, , script = "", ...args] = mountedCommand(0, sandbox.mountPath, ["fuse"]);
    const ask = `dash -c "$0" "$@" && echo yes || echo no`;
    expect((await supervisor.inside("dash", "-c", ask, script, ...args)).stdout).toBe("yes\n");
    const [, , , ...others] = mountedCommand(0, sandbox.mountPath, ["nfs"]);
    expect((await supervisor.inside("dash", "-c", ask, script, ...others)).stdout).toBe("no\n");
  });
});
