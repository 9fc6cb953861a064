import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "../../e2e/harness/fields.ts";
import type { Process, RealNode } from "./real-node.ts";

const podsPath = "/api/v1/namespaces/data/pods";

/** A line that a container has said, and when, in seconds of the wall clock. */
export interface Line {
  readonly at: number;
  readonly text: string;
}

/** A pod on the node, seen from the API server and from the node. */
export class NodePod {
  readonly name: string;
  readonly uid: string;
  /** When its creation was asked for, in seconds of the wall clock. */
  readonly createdAt: number;
  readonly #node: RealNode;

  constructor(node: RealNode, pod: Fields, createdAt: number) {
    this.#node = node;
    this.name = textAt(pod, "metadata", "name");
    this.uid = textAt(pod, "metadata", "uid");
    this.createdAt = createdAt;
  }

  /** A webhook that a busy node's probes found unready for a moment is asked again. */
  static create(node: RealNode, pod: Fields): Promise<NodePod> {
    return eventually("the pod is let in", async () => {
      const createdAt = Date.now() / 1000;
      return new NodePod(node, await node.api.create(podsPath, pod), createdAt);
    });
  }

  /** The pod as the API server has it. */
  read(): Promise<Fields> {
    return this.#node.api.get(`${podsPath}/${this.name}`);
  }

  /** What a container has said so far, in all its lives. */
  log(container: string): Line[] {
    const folder = this.#node.path(`/var/log/pods/data_${this.name}_${this.uid}/${container}`);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    return files.flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n").flatMap(parseLine));
  }

  /** The first line since `since` that matches; waits for it, `within` seconds at most. */
  line(
    container: string,
    pattern: RegExp,
    { since = 0, within = 90 }: { readonly since?: number; readonly within?: number } = {},
  ): Promise<Line> {
    return eventually(
      `${this.name}/${container} says ${pattern}`,
      () => {
        const said = this.log(container);
        const found = said.find(({ at, text }) => at >= since && pattern.test(text));
        if (found === undefined)
          throw new Error(`it said ${JSON.stringify(said.slice(-12).map(({ text }) => text))}`);
        return found;
      },
      { seconds: within, pauseMs: 20 },
    );
  }

  /** Status of a container, an init container too. */
  async status(container: string): Promise<Fields> {
    const pod = await this.read();
    const all = ["initContainerStatuses", "containerStatuses"].flatMap((list) => listAt(pod, "status", list));
    return all.find(({ name }) => name === container) ?? {};
  }

  async restarts(container: string): Promise<number> {
    return Number((await this.status(container))["restartCount"]);
  }

  /** The runtime's name of a container that runs; waits until the kubelet has told of it. */
  containerId(container: string): Promise<string> {
    return eventually(`${this.name}/${container} runs`, async () => {
      const status = await this.status(container);
      const running = at(status, "state", "running") !== undefined;
      return (running && textAt(status, "containerID").replace("containerd://", "")) || undefined;
    });
  }

  /** Processes of a container, as the node numbers them, parents before their children. */
  async processes(container: string): Promise<readonly Process[]> {
    const said = await this.#node.ctr(["tasks", "ps", await this.containerId(container)]);
    const ids = said
      .split("\n")
      .slice(1)
      .map((line) => Number.parseInt(line, 10));
    const found = ids.filter((id) => id > 0).flatMap((id) => this.#node.process(id));
    return found.sort((a, b) => a.id - b.id);
  }

  /** Those of a container that run a program. */
  async processesOf(container: string, program: string): Promise<readonly Process[]> {
    return (await this.processes(container)).filter((process) => process.program === program);
  }

  /** Returns when the signal was sent. */
  async signal(processes: readonly Process[], signal: string): Promise<number> {
    if (processes.length === 0) throw new Error(`${this.name}: there is no process to send ${signal} to`);
    const sentAt = Date.now() / 1000;
    await this.#node.run(["kill", `-${signal}`, ...processes.map(({ id }) => String(id))]);
    return sentAt;
  }

  /** Sends a signal to process 1 of a container; SIGKILL ends all of it. Returns when it was sent. */
  async signalContainer(container: string, signal: string): Promise<number> {
    const id = await this.containerId(container);
    const sentAt = Date.now() / 1000;
    await this.#node.ctr(["tasks", "kill", "-s", `SIG${signal}`, id]);
    return sentAt;
  }

  /** Resolves when a container has been started `times` times after its first, and runs. */
  async restarted(container: string, times: number, within = 120): Promise<void> {
    await eventually(
      `${this.name}/${container} runs after ${times} restarts`,
      async () => {
        const status = await this.status(container);
        return status["restartCount"] === times && at(status, "state", "running") !== undefined;
      },
      { seconds: within, pauseMs: 100 },
    );
  }

  /** What the kernel has charged a container with, without the page cache, in MiB. */
  async memory(container: string): Promise<number> {
    const [first] = await this.processes(container);
    const groups = readFileSync(this.#node.path(`/proc/${first?.id}/cgroup`), "utf8");
    const group = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
    const stat = readFileSync(`/sys/fs/cgroup/memory${group}/memory.stat`, "utf8");
    return Number(/^total_rss (\d+)$/m.exec(stat)?.[1]) / 1024 / 1024;
  }

  /** What `kubectl describe` tells of it. */
  describe(): Promise<string> {
    return this.#node.plane.kubectl.do(["describe", "pod", "-n", "data", this.name]);
  }

  /** Asks for its end, and returns when that was. */
  async delete(graceSeconds?: number): Promise<number> {
    const askedAt = Date.now() / 1000;
    const body = graceSeconds === undefined ? undefined : { gracePeriodSeconds: graceSeconds };
    await this.#node.api.send("DELETE", `${podsPath}/${this.name}`, body);
    return askedAt;
  }

  /** Resolves with when it was seen to be gone. */
  gone(within = 180): Promise<number> {
    return eventually(
      `${this.name} is gone`,
      async () => {
        const { status, body } = await this.#node.api.send("GET", `${podsPath}/${this.name}`);
        return status === 404 || textAt(body, "metadata", "uid") !== this.uid ? Date.now() / 1000 : undefined;
      },
      { seconds: within, pauseMs: 50 },
    );
  }

  /** Mount points of the node that belong to it. */
  mounts(): string[] {
    return this.#node
      .mounts()
      .filter((line) => line.includes(this.uid))
      .map((line) => line.split(" ")[4] ?? "");
  }

  async phase(): Promise<string> {
    return textAt(await this.read(), "status", "phase");
  }

  async exitCode(container: string): Promise<unknown> {
    return at(await this.status(container), "state", "terminated", "exitCode");
  }
}

/** The runtime's log format: time, stream, "F" for a full line, text. */
function parseLine(line: string): Line[] {
  const found = /^(\S+) (?:stdout|stderr) [FP] (.*)$/.exec(line);
  if (found === null) return [];
  const [, time = "", text = ""] = found;
  // Date knows milliseconds only.
  return [{ at: Date.parse(time.replace(/(\.\d{3})\d*/, "$1")) / 1000, text }];
}
