import { expect, it } from "vitest";
import { supervisorCommand } from "../../../src/pod/client-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells } from "../../support/pod-scripts.ts";

const dead = /not connected/;

describeWithShells("supervisor, healing", (node) => {
  it("starts a killed client again, and the app reads on", async () => {
    const sandbox = await node();
    const [root, models] = [sandbox.view(), sandbox.view("view-1", ".", true)];
    const supervisor = await sandbox.serve([root, models]);
    const [app, reader] = [await sandbox.startApp(root.path), await sandbox.startApp(models.path, "reader")];
    expect([await app.read(), await reader.read()]).toEqual(["hello", "hello"]);

    const begin = Date.now();
    sandbox.killClient();
    await eventually(
      "both read again",
      async () => (await app.read()) === "hello" && (await reader.read()) === "hello",
    );
    expect(Date.now() - begin).toBeLessThan(60_000);
    expect(await app.write("new")).toBe("");
    expect(await reader.write("other")).toMatch(/[Rr]ead-only/);
    expect(supervisor.log).toContain("client ended with status 137");
    // Old layers stay: taking one off would open the app a way to what is below.
    expect(sandbox.mounts()).toHaveLength(4);
  });

  it("lays new layers when its whole container was killed", async () => {
    const sandbox = await node();
    const [root, readOnly] = [sandbox.view(), sandbox.view("view-1", ".", true)];
    const first = await sandbox.serve([root, readOnly]);
    const [app, reader] = [
      await sandbox.startApp(root.path),
      await sandbox.startApp(readOnly.path, "reader"),
    ];
    await first.kill();
    await eventually(
      "the client is dead",
      async () => dead.test(await app.read("")) || dead.test(await app.read()),
    );

    await sandbox.serve([root, readOnly]);
    expect(await app.read()).toBe("hello");
    expect(await reader.read()).toBe("hello");
    expect(await app.write("new")).toBe("");
    expect(await reader.write("other")).toMatch(/[Rr]ead-only/);
    expect(await (await sandbox.startApp(root.path, "app-2")).read()).toBe("hello");
  });

  it("covers a dead file as well", async () => {
    const sandbox = await node();
    const file = sandbox.view("view-0", "file");
    await sandbox.serve([file]);
    const app = await sandbox.startApp(file.path);
    expect(await app.read("")).toBe("hello");
    sandbox.killClient();
    await eventually("the file is read again", async () => (await app.read("")) === "hello");
    expect(sandbox.mounts()).toHaveLength(2);
  });

  it("starts the client again when somebody has taken its mount away", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const supervisor = await sandbox.serve([root]);
    const app = await sandbox.startApp(root.path);
    await supervisor.inside("umount", "-l", sandbox.mountPath);
    await supervisor.says("is gone");
    await eventually("a second layer", () => sandbox.mounts().length === 2);
    expect(await app.read()).toBe("hello");
  });

  it("gives a client that fails ever more time, and serves as soon as it succeeds", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const flag = `${sandbox.directory}/flag`;
    const script = `[ -e "$1" ] || exit 3; shift; exec "$@"`;
    const supervisor = sandbox.supervise([root], {}, ["sh", "-c", script, "client", flag, ...sandbox.bindfs]);
    await supervisor.says("next start in 1 s");
    expect(supervisor.log).toContain("client ended with status 3");
    expect(await sandbox.link(root.path)).toBe(".waiting");
    await expect(sandbox.startApp(root.path)).rejects.toThrow("no subPath");
    await sandbox.inside("touch", flag);
    await supervisor.says("is served");
    expect(await (await sandbox.startApp(root.path, "app-2")).read()).toBe("hello");
  });

  it("leaves a client that hangs alone, and the app reads on once it goes on", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const supervisor = await sandbox.serve([root]);
    const app = await sandbox.startApp(root.path);
    await sandbox.hangClient();
    expect(await app.sh("stat -f $1 || echo failed", app.path)).not.toContain("failed");
    sandbox.killClient("SIGCONT");
    await eventually("the app reads", async () => (await app.read()) === "hello");
    expect(supervisor.log).not.toContain("ended");
  });

  it("attends a client of another container and detaches its dead mount", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const mountPath = `${sandbox.clientVolume}/data`;
    const supervisor = sandbox.start({
      command: supervisorCommand({ mountPath, views: [root], client: [] }),
    });
    await eventually(
      "the mount point is made",
      async () => (await sandbox.list(sandbox.clientVolume)).length > 0,
    );
    const client = { command: ["/usr/bin/bindfs", "-f", sandbox.source, mountPath] };
    const first = sandbox.start(client);
    await supervisor.says("is served");
    const app = await sandbox.startApp(root.path);
    expect(await app.read()).toBe("hello");
    await first.kill();
    await supervisor.says("is dead");
    await eventually("the dead mount is off", () => !sandbox.mounts().includes(mountPath));
    sandbox.start(client);
    await eventually("the app reads again", async () => (await app.read()) === "hello");
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(await app.read()).toBe("hello");
  });
});
