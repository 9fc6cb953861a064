import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { guardCommand, supervisorCommand, type View } from "../../src/pod/client-commands.ts";
import { type Container, eventually, type Image, NodeSandbox, whyNoSandbox } from "./node-sandbox.ts";

/** A node with one pod, whose client is bindfs unless told otherwise. */
export class PodSandbox extends NodeSandbox {
  view(name = "view-0", source = ".", readOnly = false): View {
    return { path: join(this.volume, name), source, readOnly };
  }

  get bindfs(): string[] {
    return ["/usr/bin/bindfs", "-f", this.source, this.mountPath];
  }

  supervise(views: readonly View[], env: Record<string, string> = {}, client = this.bindfs): Container {
    return this.start({ command: supervisorCommand({ mountPath: this.mountPath, views, client }), env });
  }

  /** As `supervise`, and waits until all views are served. */
  async serve(
    views: readonly View[],
    env: Record<string, string> = {},
    client = this.bindfs,
  ): Promise<Container> {
    const supervisor = this.supervise(views, env, client);
    for (const view of views) await supervisor.says(`view ${view.path} is served`);
    return supervisor;
  }

  guard(env: Record<string, string> = {}): Container {
    return this.start({ command: guardCommand([this.volume, this.clientVolume]), env });
  }

  killClient(signal: NodeJS.Signals = "SIGKILL"): void {
    const clients = this.processes("/usr/bin/bindfs");
    if (clients.length === 0) throw new Error("no client runs");
    for (const pid of clients) process.kill(pid, signal);
  }

  /** Stops the client, and waits until all its threads stand: what one still takes on its way can no longer be killed. */
  async hangClient(): Promise<void> {
    this.killClient("SIGSTOP");
    await eventually("the client stands", () => this.processes("/usr/bin/bindfs").every(stands));
  }
}

function stands(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).every((task) =>
    /^State:\tT/m.test(readFileSync(`${tasks}/${task}/status`, "utf8")),
  );
}

/** The command, sent a TERM by itself right behind its traps. */
export function terminatedAtOnce(command: readonly string[]): { command: string[] } {
  const script = command[2] ?? "";
  const end = script.indexOf("USR1\n") + "USR1\n".length;
  return { command: command.with(2, `${script.slice(0, end)}kill -15 "$$$$"\n${script.slice(end)}`) };
}

/** Runs `tests` with the tools of each image; marks them skipped, with the reason, where no FUSE client can run. */
export function describeWithShells(name: string, tests: (node: () => Promise<PodSandbox>) => void): void {
  const reason = whyNoSandbox();
  describe.skipIf(reason !== undefined)(`${name}${reason ? ` (skipped: ${reason})` : ""}`, () => {
    describe.concurrent.each<Image>(["dash", "busybox"])("with the tools of %s", (image) => {
      const sandboxes: PodSandbox[] = [];
      afterAll(async () => {
        await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.dispose()));
      });
      tests(async () => {
        const sandbox = new PodSandbox(image);
        sandboxes.push(sandbox);
        await sandbox.ready();
        return sandbox;
      });
    });
  });
}
