import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { guardCommand } from "../../../src/pod/client-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells, type PodSandbox, terminatedAtOnce } from "../../support/pod-scripts.ts";

async function stopGuard(sandbox: PodSandbox, guard: ReturnType<PodSandbox["guard"]>): Promise<void> {
  await guard.terminate();
  expect(await guard.ended).toBe(0);
  expect({ left: sandbox.mounts(), log: guard.log }).toEqual({ left: [], log: "" });
}

describeWithShells("guard", (node) => {
  it("takes every layer off, the dead ones too, and deletes nothing", async () => {
    const sandbox = await node();
    const guard = sandbox.guard();
    mkdirSync(join(sandbox.source, "models"));
    const views = [
      sandbox.view("view 0"),
      sandbox.view("a\\b", "models", true),
      sandbox.view("view-2", "file"),
    ];
    const supervisor = await sandbox.serve(views);
    sandbox.killClient();
    await eventually("a second layer on each", () => sandbox.mounts().length === 6);
    await supervisor.terminate();
    await supervisor.ended;
    await stopGuard(sandbox, guard);
    expect(readdirSync(sandbox.source).sort()).toEqual(["file", "models"]);
    expect(readFileSync(join(sandbox.source, "file"), "utf8")).toBe("hello");
  });

  it("takes off what is busy", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const guard = sandbox.guard();
    await sandbox.serve([root]);
    const app = await sandbox.startApp(root.path);
    const holder = app.sh(`cd "$1" && exec 3<file && sleep 1`, app.path);
    await stopGuard(sandbox, guard);
    await holder;
  });

  it("works after it was killed, with a client that hangs, and with mounts in mounts", async () => {
    const sandbox = await node();
    await sandbox.guard().kill();
    mkdirSync(join(sandbox.source, "inner"));
    await sandbox.serve([sandbox.view()]);
    const inner = join(sandbox.volume, ".view-0/inner");
    await sandbox.inside("mount", "-t", "tmpfs", "inner", inner);
    expect(sandbox.mounts()).toHaveLength(2);
    const guard = sandbox.guard();
    await sandbox.hangClient();
    await stopGuard(sandbox, guard);
    expect(readdirSync(sandbox.source).sort()).toEqual(["file", "inner"]);
  });

  it("fails what still waits for a client that does not answer", async () => {
    const sandbox = await node();
    const view = sandbox.view();
    const guard = sandbox.guard();
    await sandbox.serve([view]);
    const app = await sandbox.startApp(view.path);
    await sandbox.hangClient();
    const reading = app.container.inside("timeout", "-s", "KILL", "20", "cat", join(app.path, "file"));
    await eventually("the read waits", () => sandbox.processes("cat ").length > 0);
    await stopGuard(sandbox, guard);
    expect((await reading).stderr).toMatch(/connection abort|not connected/);
  });

  it("holds after TERM when told to", async () => {
    const sandbox = await node();
    await sandbox.serve([sandbox.view()]);
    const guard = sandbox.guard({ SLUICE_HOLD_SECONDS: "2" });
    const begin = Date.now();
    await guard.terminate();
    await eventually("the view is off", () => sandbox.mounts().length === 0);
    expect(Date.now() - begin).toBeGreaterThan(1900);
    expect(await guard.ended).toBe(0);
  });

  it("ends without TERM and without holding on once it is named among the containers nobody needs", async () => {
    const sandbox = await node();
    const file = join(sandbox.directory, "end");
    writeFileSync(file, "client-0 guard-1");
    const supervisor = await sandbox.serve([sandbox.view()]);
    const env = { SLUICE_END_FILE: file, SLUICE_CONTAINER: "guard", SLUICE_HOLD_SECONDS: "600" };
    const guard = sandbox.guard(env);
    await supervisor.terminate();
    await supervisor.ended;
    expect({ running: guard.running, mounts: sandbox.mounts().length }).toEqual({ running: true, mounts: 1 });
    writeFileSync(file, "client-0 guard");
    expect(await guard.ended).toBe(0);
    expect({ left: sandbox.mounts(), log: guard.log }).toEqual({ left: [], log: "" });
  });

  it("remembers a TERM that comes as soon as it is caught", async () => {
    const sandbox = await node();
    expect(await sandbox.start(terminatedAtOnce(guardCommand([sandbox.volume]))).ended).toBe(0);
  });

  it("leaves the volumes themselves and their neighbours alone", async () => {
    const sandbox = await node();
    await sandbox.inside("mkdir", `${sandbox.volume}-neighbour`);
    await sandbox.inside("mount", "-t", "tmpfs", "neighbour", `${sandbox.volume}-neighbour`);
    await stopGuard(sandbox, sandbox.guard());
    const points = (await sandbox.inside("cat", "/proc/self/mountinfo")).stdout;
    expect(points).toContain(` ${sandbox.volume} `);
    expect(points).toContain(` ${sandbox.volume}-neighbour `);
  });
});
