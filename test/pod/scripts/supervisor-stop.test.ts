import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { escapeExpansion, shellLine, supervisorCommand } from "../../../src/pod/client-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells, terminatedAtOnce } from "../../support/pod-scripts.ts";

const ignoresTerm = (then: string) => ["/bin/dash", "-c", `trap '' TERM; ${then}`, "client"];

const oomScore = (pid: number | "self") => readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim();

describeWithShells("supervisor, stop", (node) => {
  it("ends its client on TERM, though a file is held open", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const supervisor = await sandbox.serve([root]);
    const app = await sandbox.startApp(root.path);
    const holder = app.sh(`exec 3<"$1" && sleep 1`, `${app.path}/file`);
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(sandbox.processes("/usr/bin/bindfs")).toEqual([]);
    await holder;
  });

  it("remembers a TERM that comes as soon as it is caught", async () => {
    const sandbox = await node();
    const { mountPath } = sandbox;
    const command = supervisorCommand({ mountPath, views: [sandbox.view()], client: ["sleep", "600"] });
    const supervisor = sandbox.start(terminatedAtOnce(command));
    expect(await supervisor.ended).toBe(0);
    expect(supervisor.log).not.toContain("client started");
  });

  it("leaves no time limit behind that would end something else later", async () => {
    const sandbox = await node();
    const script = readFileSync(new URL("../../../src/pod/scripts/supervisor.sh", import.meta.url), "utf8");
    const limits = script.slice(0, script.indexOf("# Sets _escaped"));
    const many = `
      _left=100 _limits=
      while [ "$_left" -gt 0 ]; do
        _left=$((_left - 1))
        _within 600 true
        _limits="$_limits $_killer"
      done
      for _each in $_limits; do
        while _alive "$_each"; do wait "$_each"; done
      done
      _log "no limit is left"
    `;
    const shell = sandbox.start({ command: ["sh", "-c", escapeExpansion(limits + many)] });
    await shell.says("no limit is left");
  });

  it("ends at once on TERM before the mount, and while it waits for the next start", async () => {
    const sandbox = await node();
    const starting = sandbox.supervise([sandbox.view()], {}, ["sleep", "600"]);
    const failing = sandbox.supervise([sandbox.view("view-1")], {}, ["false"]);
    await starting.says("client started");
    await failing.says("next start in 2 s");
    const begin = Date.now();
    await Promise.all([starting.terminate(), failing.terminate()]);
    expect(await Promise.all([starting.ended, failing.ended])).toEqual([0, 0]);
    // They would be given 25 s.
    expect(Date.now() - begin).toBeLessThan(20_000);
  });

  it("kills a client that ignores TERM, with its group, at the limit", async () => {
    const sandbox = await node();
    const client = ignoresTerm(`"$@" & sleep 600 & wait`);
    const supervisor = await sandbox.serve([sandbox.view()], { SLUICE_STOP_SECONDS: "1" }, [
      ...client,
      ...sandbox.bindfs,
    ]);
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(supervisor.log).toContain("client has not ended in time: killed");
  });

  it("kills a client that hangs at the limit", async () => {
    const sandbox = await node();
    const supervisor = await sandbox.serve([sandbox.view()], { SLUICE_STOP_SECONDS: "1" });
    await sandbox.hangClient();
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(supervisor.log).toContain("killed");
  });

  it.each([
    ["detach", 24, (seconds: number) => seconds < 20],
    ["wait", 3, (seconds: number) => seconds >= 3],
  ])("%s: a client that has detached and goes on", async (stop, goesOn, expected) => {
    const sandbox = await node();
    const client = [
      "/bin/dash",
      "-c",
      `m=$1; shift; trap 'umount -l "$m"; sleep ${goesOn}' TERM; "$@" & wait`,
      "client",
    ];
    const command = [...client, sandbox.mountPath, ...sandbox.bindfs];
    const supervisor = await sandbox.serve([sandbox.view()], { SLUICE_CLIENT_STOP: stop }, command);
    const begin = Date.now();
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect((Date.now() - begin) / 1000).toSatisfy(expected);
  });

  it("holds after TERM, and starts a client again that dies then", async () => {
    const sandbox = await node();
    const root = sandbox.view();
    const supervisor = await sandbox.serve([root], { SLUICE_HOLD_SECONDS: "3" });
    const app = await sandbox.startApp(root.path);
    const begin = Date.now();
    await supervisor.terminate();
    sandbox.killClient();
    await eventually("the app reads again", async () => (await app.read()) === "hello");
    expect(await supervisor.ended).toBe(0);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(3000);
  });

  it("ends without TERM and without holding on as soon as it is named among the containers nobody needs", async () => {
    const sandbox = await node();
    const file = join(sandbox.directory, "end");
    const env = { SLUICE_END_FILE: file, SLUICE_CONTAINER: "client-1", SLUICE_HOLD_SECONDS: "600" };
    // As the kubelet writes an annotation: without an end of the line.
    writeFileSync(file, "client-10 client-11");
    const supervisor = await sandbox.serve([sandbox.view()], env);
    const begin = Date.now();
    writeFileSync(file, "client-10 client-1");
    expect(await supervisor.ended).toBe(0);
    expect(Date.now() - begin).toBeLessThan(60_000);
    expect(sandbox.processes("/usr/bin/bindfs")).toEqual([]);
  });

  it("ends at once, without a client, when it starts anew and is named already", async () => {
    const sandbox = await node();
    const file = join(sandbox.directory, "end");
    writeFileSync(file, "client-0");
    const supervisor = sandbox.supervise([sandbox.view()], {
      SLUICE_END_FILE: file,
      SLUICE_CONTAINER: "client-0",
    });
    expect(await supervisor.ended).toBe(0);
    expect(supervisor.log).not.toContain("client started");
  });

  it("cuts short the time it holds on after TERM when it is named", async () => {
    const sandbox = await node();
    const file = join(sandbox.directory, "end");
    const env = { SLUICE_END_FILE: file, SLUICE_CONTAINER: "client-0", SLUICE_HOLD_SECONDS: "600" };
    const supervisor = await sandbox.serve([sandbox.view()], env);
    await supervisor.terminate();
    writeFileSync(file, "client-0");
    expect(await supervisor.ended).toBe(0);
  });

  it("runs the template's preStop, then gives TERM", async () => {
    const sandbox = await node();
    const note = `${sandbox.directory}/it's a note`;
    const preStop = shellLine(["/bin/dash", "-c", `ls -A "$1" >"$2"`, "preStop", sandbox.mountPath, note]);
    const supervisor = await sandbox.serve([sandbox.view()], { SLUICE_PRE_STOP: preStop });
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(readFileSync(note, "utf8")).toBe("file\n");
  });

  it("waits for the preStop and the client together no longer than the limit", async () => {
    const sandbox = await node();
    const env = { SLUICE_PRE_STOP: "sleep 600", SLUICE_STOP_SECONDS: "10" };
    const supervisor = await sandbox.serve([sandbox.view()], env);
    await sandbox.hangClient();
    const begin = Date.now();
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(Date.now() - begin).toBeLessThan(19_000);
  });

  it("ends a daemon that has left the client's group", async () => {
    const sandbox = await node();
    const client = [
      "/bin/dash",
      "-c",
      `"$@" && exec sleep 600`,
      "client",
      "/usr/bin/bindfs",
      sandbox.source,
      sandbox.mountPath,
    ];
    const supervisor = await sandbox.serve([sandbox.view()], {}, client);
    await supervisor.terminate();
    expect(await supervisor.ended).toBe(0);
    expect(supervisor.log).not.toContain("killed");
  });

  it("gives the client the environment and the oom_score_adj that it would have alone", async () => {
    const sandbox = await node();
    const note = `${sandbox.directory}/note`;
    const ownScore = oomScore("self");
    const script = `cat /proc/self/oom_score_adj >"$1"; env >>"$1"; shift; exec "$@"`;
    const client = ["/bin/dash", "-c", script, "client", note, ...sandbox.bindfs];
    const supervisor = await sandbox.serve([sandbox.view()], { mode: "mine", dev: "mine" }, client);
    // Only some machines let root lower it.
    const lowered =
      spawnSync("sh", ["-c", "echo -1000 >/proc/self/oom_score_adj"]).status === 0 ? "-1000" : ownScore;
    expect(oomScore(supervisor.pid)).toBe(lowered);
    const lines = readFileSync(note, "utf8").split("\n");
    expect(lines[0]).toBe(ownScore);
    expect(lines).toContain("mode=mine");
    expect(lines).toContain("dev=mine");
  });
});
