import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expandAsKubelet } from "./kubelet-expansion.ts";

/** The shell and the tools that a container's image brings along. */
export type Image = "dash" | "busybox";

/** Why no FUSE client can be run in a mount namespace of its own here; undefined if it can. */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/fuse")) return "needs /dev/fuse";
  for (const tool of ["dash", "busybox", "bindfs", "unshare", "nsenter", "setsid"]) {
    if (spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0) return `needs ${tool}`;
  }
  const trial = spawnSync("unshare", ["-m", "-p", "-f", "--mount-proc", "mount", "-t", "tmpfs", "x", "/run"]);
  return trial.status === 0 ? undefined : "may not mount in a namespace of its own";
}

/** Resolves as soon as `condition` holds; rejects with `what` after `seconds`. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A process in namespaces of its own, process 1 there, as in a container. */
export class Container {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  log = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (text: Buffer) => {
      this.log += text.toString();
    });
    this.ended = new Promise((resolve) => child.on("close", resolve));
  }

  /** Host's id of the container's process 1. */
  get pid(): number {
    const { pid } = this.#child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends TERM once it is caught: the kernel drops it before that, as for any process 1. */
  async terminate(): Promise<void> {
    await eventually("TERM is caught", () => !this.running || (this.pid !== 0 && catchesTerm(this.pid)));
    if (this.running) process.kill(this.pid, "SIGTERM");
  }

  async says(words: string, seconds = 60): Promise<void> {
    await eventually(`"${words}" in the log:\n${this.log}`, () => this.log.includes(words), seconds).catch(
      () => {
        throw new Error(`no "${words}" in the log:\n${this.log}`);
      },
    );
  }

  /** Runs a command of the host in the container. */
  inside(...command: string[]): Promise<{ stdout: string; stderr: string }> {
    return run("nsenter", ["-t", String(this.pid), "-m", "-p", "--", ...command]);
  }

  /** Kills process 1, and with it all others. Its parent may not have tied it to its own end yet. */
  async kill(): Promise<void> {
    await eventually("process 1 is there", () => !this.running || this.pid !== 0);
    if (!this.running) return;
    process.kill(this.pid, "SIGKILL");
    await this.ended;
  }
}

interface Command {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A node: a mount namespace with a pod's shared volume, in which containers of the pod are started. */
export class NodeSandbox {
  readonly directory = mkdtempSync(join(tmpdir(), "sluice-node-"));
  /** The data that the client serves. */
  readonly source = join(this.directory, "source");
  /** The shared volume. */
  readonly volume = join(this.directory, "volume");
  /** A second shared volume, for a client that runs bare. */
  readonly clientVolume = join(this.directory, "client-volume");
  readonly mountPath = join(this.directory, "mount point/data");
  readonly #tools = join(this.directory, "tools");
  readonly #image: Image;
  readonly #containers: Container[] = [];
  readonly #holder: ChildProcess;

  constructor(image: Image) {
    this.#image = image;
    for (const path of [this.source, this.volume, this.clientVolume, this.#tools]) mkdirSync(path);
    writeFileSync(join(this.source, "file"), "hello");
    if (image === "busybox") spawnSync("busybox", ["--install", "-s", this.#tools]);
    this.#holder = spawn(
      "unshare",
      [
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        `mount -t tmpfs run /run && for d do mount -t tmpfs volume "$d" && mount --make-shared "$d"; done && echo ready && read -r end`,
        "node",
        this.volume,
        this.clientVolume,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
  }

  async ready(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#holder.stdout?.once("data", () => resolve());
      this.#holder.once("close", () => reject(new Error("the node's namespace has not come up")));
    });
    return this;
  }

  /** Starts a container whose `command` is a pod's, with the image's own `sh`. */
  start({ command, env = {} }: Command): Container {
    const words = command.map((word) => expandAsKubelet(word, env));
    const shell = this.#image === "busybox" ? ["/bin/busybox", "sh"] : ["dash"];
    const own = words[0] === "sh" ? [...shell, ...words.slice(1)] : words;
    const path = this.#image === "busybox" ? this.#tools : "/usr/sbin:/usr/bin:/sbin:/bin";
    const args = ["-m", "--propagation", "unchanged", "-p", "-f", "--kill-child", "--mount-proc"];
    const container = new Container(
      spawn("nsenter", [...this.#enter(), "unshare", ...args, "env", `PATH=${path}`, ...own], {
        stdio: ["ignore", "inherit", "pipe"],
        env: { ...process.env, ...env },
      }),
    );
    this.#containers.push(container);
    return container;
  }

  /** Starts an app as the kubelet does: the view's link resolved, its directory bound, HostToContainer. */
  async startApp(view: string, name = "app"): Promise<App> {
    const path = join(this.directory, name);
    const script = `t=$(readlink -f "$1") && [ -e "$t" ] || { echo "no subPath" >&2; exit 1; }
      if [ -d "$t" ]; then mkdir -p "$2"; else : >"$2"; fi
      mount --bind "$t" "$2" && mount --make-rslave "$2" && echo ready >&2 && exec sleep 600`;
    const app = this.start({
      command: ["/bin/dash", "-c", script.replaceAll("$", "$$$$"), "app", view, path],
    });
    await eventually("the app runs", () => app.log.includes("ready") || !app.running);
    if (!app.running) {
      // What it said may come after the news of its end.
      await app.ended;
      throw new Error(`app cannot start: ${app.log}`);
    }
    return new App(app, path);
  }

  /** Mount points below the pod's volumes, as the node sees them. */
  mounts(): string[] {
    return readFileSync(`/proc/${this.#holder.pid}/mountinfo`, "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((point) => point.startsWith(`${this.volume}/`) || point.startsWith(`${this.clientVolume}/`));
  }

  /** Where a link on the volume leads; undefined while there is none. */
  async link(path: string): Promise<string | undefined> {
    return (await this.inside("readlink", path)).stdout.trim() || undefined;
  }

  async list(path: string): Promise<string[]> {
    return (await this.inside("ls", "-A", path)).stdout.split("\n").filter(Boolean);
  }

  /** Runs a command on the node. */
  inside(...command: string[]): Promise<{ stdout: string; stderr: string }> {
    return run("nsenter", [...this.#enter(), ...command]);
  }

  /** Processes whose command line has `words` and something of this sandbox in it. */
  processes(words = ""): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        const line = commandLine(name);
        return line.includes(this.directory) && line.startsWith(words);
      })
      .map(Number);
  }

  /** Ends everything and says what it could not end. */
  async dispose(): Promise<void> {
    await Promise.all(this.#containers.map((container) => container.kill()));
    this.#holder.kill("SIGKILL");
    await eventually(`no process of ${this.directory} is left`, () => this.processes().length === 0);
    if (readFileSync("/proc/self/mountinfo", "utf8").includes(this.directory)) {
      throw new Error(`a mount below ${this.directory} has left its namespace`);
    }
    rmSync(this.directory, { recursive: true });
  }

  #enter(): string[] {
    return ["-t", String(this.#holder.pid), "-m", "--"];
  }
}

/** A running app that has a view mounted at `path`. */
export class App {
  readonly container: Container;
  readonly path: string;

  constructor(container: Container, path: string) {
    this.container = container;
    this.path = path;
  }

  /** A file's text, or the error in words. Each command gives up after 2 s. */
  async read(name = "file"): Promise<string> {
    return this.sh(`cat "$1"`, name === "" ? this.path : join(this.path, name));
  }

  async write(name: string): Promise<string> {
    return this.sh(`echo written >"$1"`, join(this.path, name));
  }

  async sh(script: string, ...args: string[]): Promise<string> {
    const limit = ["timeout", "-s", "KILL", "2"];
    const { stdout, stderr } = await this.container.inside(...limit, "dash", "-c", script, "sh", ...args);
    return (stdout + stderr).trim();
  }
}

function catchesTerm(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function run(file: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(file, args, (_error, stdout, stderr) => resolve({ stdout, stderr }));
  });
}
