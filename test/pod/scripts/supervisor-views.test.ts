import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { escapeExpansion, gateCommand, supervisorCommand } from "../../../src/pod/client-commands.ts";
import { eventually } from "../../support/node-sandbox.ts";
import { describeWithShells } from "../../support/pod-scripts.ts";

describeWithShells("supervisor, views", (node) => {
  it("serves odd names, variables of the container included", async () => {
    const sandbox = await node();
    const name = `it's $(HOME) $$ "x" * \\040	%s`;
    mkdirSync(join(sandbox.source, name, "run-7"), { recursive: true });
    writeFileSync(join(sandbox.source, name, "run-7/file"), "odd");
    const view = sandbox.view(`a $HOME 'view'`, `${escapeExpansion(name)}/$(RUN)`);
    await sandbox.serve([view], { RUN: "run-7" });
    expect(await (await sandbox.startApp(view.path)).read()).toBe("odd");
  });

  it.each([
    ["a link to an absolute path", "absolute"],
    ["a link with ..", "dots"],
    ["a way through a link", "absolute/secret"],
    [".. itself", "../outside"],
  ])("refuses %s that leads out of the dataset", async (_what, source) => {
    const sandbox = await node();
    const outside = join(sandbox.directory, "outside");
    mkdirSync(join(outside, "secret"), { recursive: true });
    symlinkSync(outside, join(sandbox.source, "absolute"));
    // As the client's container sees it, from the mount and not from the source.
    symlinkSync("../../outside", join(sandbox.source, "dots"));
    const [bad, good] = [sandbox.view("view-0", source), sandbox.view("view-1")];
    const supervisor = sandbox.supervise([bad, good]);
    await supervisor.says(`view ${good.path} is served`);
    // ".." is below "mount point", where nothing of the name is.
    await supervisor.says(source.startsWith("..") ? "cannot be made there" : "leads out of the dataset");
    expect(await sandbox.link(bad.path)).toBe(".waiting");
    await expect(sandbox.startApp(bad.path)).rejects.toThrow("no subPath");
    expect(sandbox.mounts()).toHaveLength(1);
    expect(existsSync(join(sandbox.directory, "mount point/outside"))).toBe(false);
  });

  it("shows a directory that a client makes in the volume it shares, where it mounts nothing", async () => {
    const sandbox = await node();
    const view = sandbox.view("view-0", "made", true);
    const supervisor = sandbox.start({
      command: supervisorCommand({ mountPath: sandbox.clientVolume, views: [view], client: [] }),
      env: { SLUICE_FILE_SYSTEMS: "tmpfs" },
    });
    await supervisor.says("made does not exist in the dataset");
    const client = `mkdir -p "$1" && echo rpc >"$1/config" && exec sleep 600`;
    sandbox.start({
      command: ["sh", "-c", escapeExpansion(client), "client", `${sandbox.clientVolume}/made`],
    });
    await supervisor.says(`view ${view.path} is served`);
    const app = await sandbox.startApp(view.path);
    expect(await app.read("config")).toBe("rpc");
    expect(await app.write("config")).toContain("ead-only file system");
    await sandbox.inside("sh", "-c", `echo later >'${sandbox.clientVolume}/made/config'`);
    expect(await app.read("config")).toBe("later");
  });

  it("follows a link that stays in the dataset, but not out of the part that is the dataset", async () => {
    const sandbox = await node();
    for (const part of ["mine/v1", "other"]) mkdirSync(join(sandbox.source, part), { recursive: true });
    writeFileSync(join(sandbox.source, "mine/v1/file"), "v1");
    symlinkSync("v1", join(sandbox.source, "mine/latest"));
    symlinkSync("../other", join(sandbox.source, "mine/escape"));
    const [latest, leaving] = [
      sandbox.view("view-0", "mine/./latest"),
      sandbox.view("view-1", "mine/./escape"),
    ];
    const supervisor = await sandbox.serve([latest]).then(async (first) => {
      await first.kill();
      return sandbox.supervise([latest, leaving]);
    });
    await supervisor.says("mine/./escape leads out of the dataset");
    expect(await (await sandbox.startApp(latest.path)).read()).toBe("v1");
  });

  it.each([
    ["a link", "mine/./escape/new"],
    ["..", "mine/./../other/new"],
  ])("makes nothing behind %s that leads out of the part that is the dataset", async (_what, source) => {
    const sandbox = await node();
    for (const part of ["mine", "other"]) mkdirSync(join(sandbox.source, part));
    symlinkSync("../other", join(sandbox.source, "mine/escape"));
    const supervisor = sandbox.supervise([sandbox.view("view-0", source)]);
    await supervisor.says("cannot be made there");
    expect(readdirSync(join(sandbox.source, "other"))).toEqual([]);
  });

  it("makes a missing sub path where it may write, with the mode of the dataset's root", async () => {
    const sandbox = await node();
    const outside = join(sandbox.directory, "outside");
    mkdirSync(outside);
    symlinkSync(outside, join(sandbox.source, "out"));
    symlinkSync("kept", join(sandbox.source, "in"));
    mkdirSync(join(sandbox.source, "kept"));
    const supervisor = sandbox.supervise([
      sandbox.view("made", "a/b c"),
      sandbox.view("inside", "in/new"),
      sandbox.view("outside", "out/new"),
      sandbox.view("missing", "nothing", true),
    ]);
    await supervisor.says("made is served");
    await supervisor.says("inside is served");
    await supervisor.says("out/new does not exist in the dataset and cannot be made there");
    await supervisor.says("nothing does not exist in the dataset, made only where writable");
    expect(statSync(join(sandbox.source, "a/b c")).mode).toBe(statSync(sandbox.source).mode);
    expect(readdirSync(sandbox.source).sort()).toEqual(["a", "file", "in", "kept", "out"]);
    expect(readdirSync(outside)).toEqual([]);
    mkdirSync(join(sandbox.source, "nothing"));
    await supervisor.says("missing is served");
  });

  it("keeps a file's data when it is the sub path", async () => {
    const sandbox = await node();
    const [file, readOnly] = [sandbox.view("view-0", "file"), sandbox.view("view-1", "file", true)];
    const first = await sandbox.serve([file, readOnly]);
    await first.kill();
    await sandbox.serve([file, readOnly]);
    const app = await sandbox.startApp(readOnly.path);
    expect(await app.read("")).toBe("hello");
    expect(await app.write("")).toMatch(/[Rr]ead-only|Not a directory/);
  });

  it("keeps nosuid and nodev on a read-only view", async () => {
    const sandbox = await node();
    const readOnly = sandbox.view("view-0", ".", true);
    await sandbox.serve([readOnly]);
    const app = await sandbox.startApp(readOnly.path);
    expect(await app.sh(`grep -F " $1 " /proc/self/mountinfo`, app.path)).toMatch(/ ro,nosuid,nodev/);
  });

  it("leaves nothing in its staging place", async () => {
    const sandbox = await node();
    const supervisor = await sandbox.serve([sandbox.view(), sandbox.view("view-1", "file")]);
    await eventually("staging is empty", async () => {
      return (await supervisor.inside("ls", "-A", "/run/.sluice")).stdout === "";
    });
  });

  it("serves a view although an attempt that took too long ends later", async () => {
    const sandbox = await node();
    const view = sandbox.view();
    // The first bind over the view comes between a later attempt's unmounting and removing of what it has staged.
    const [held, go, bound] = ["held", "go", "bound"].map((name) => `'${join(sandbox.directory, name)}'`);
    const slow = `
      mount() {
        case "$*" in
          --bind*/.view-0) mkdir ${held} 2>/dev/null && {
            until [ -e ${go} ]; do sleep 0.1; done
            command mount "$@"
            mkdir ${bound}
            return
          } ;;
        esac
        command mount "$@"
      }
      rmdir() {
        [ -e ${bound} ] || { mkdir ${go} && until [ -e ${bound} ]; do sleep 0.1; done; }
        command rmdir "$@"
      }
    `;
    const [sh = "", c = "", script = "", ...rest] = supervisorCommand({
      mountPath: sandbox.mountPath,
      views: [view],
      client: sandbox.bindfs,
    });
    const supervisor = sandbox.start({ command: [sh, c, `${escapeExpansion(slow)}\n${script}`, ...rest] });
    await supervisor.says(`view ${view.path} is served`);
    await eventually("the late bind has come", () => existsSync(join(sandbox.directory, "bound")));
    expect(await (await sandbox.startApp(view.path)).read()).toBe("hello");
  });

  it("lets the gate wait until all views are served, and no longer than told", async () => {
    const sandbox = await node();
    const views = [sandbox.view("view-0"), sandbox.view("view-1")];
    const paths = views.map((view) => view.path);
    const gate = (seconds: number) =>
      sandbox.start({ command: gateCommand(seconds, paths).map(escapeExpansion) });
    expect(await gate(0).ended).toBe(0);
    expect(await sandbox.link(paths[0] ?? "")).toBe(".waiting");
    const gaveUp = Date.now();
    expect(await gate(2).ended).toBe(0);
    expect(Date.now() - gaveUp).toBeGreaterThan(1_900);
    expect(Date.now() - gaveUp).toBeLessThan(60_000);
    const waiting = gate(100);
    const begin = Date.now();
    await sandbox.serve(views);
    expect(await waiting.ended).toBe(0);
    expect(await gate(100).ended).toBe(0);
    expect(Date.now() - begin).toBeLessThan(90_000);
    expect(await sandbox.link(paths[1] ?? "")).toBe(".view-1");
    // Nothing of the gate's own has gone into the dataset through a served link.
    expect(readdirSync(sandbox.source)).toEqual(["file"]);
  });
});
