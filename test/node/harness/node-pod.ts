import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "../../e2e/harness/fields.ts";
import type { RealNode } from "./real-node.ts";

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

  static async create(node: RealNode, pod: Fields): Promise<NodePod> {
    const createdAt = Date.now() / 1000;
    return new NodePod(node, await node.api.create(podsPath, pod), createdAt);
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
    { since = 0, within = 30 }: { readonly since?: number; readonly within?: number } = {},
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

  /** Processes of a container, process 1 first, as the node numbers them. */
  async processes(container: string): Promise<readonly number[]> {
    const id = textAt(await this.status(container), "containerID").replace("containerd://", "");
    const said = await this.#node.ctr(["tasks", "ps", id]);
    return said
      .split("\n")
      .slice(1)
      .map((line) => Number.parseInt(line, 10))
      .filter((pid) => pid > 0);
  }

  /** Returns when the signal was sent. */
  async kill(pids: readonly number[], signal: string): Promise<number> {
    const sentAt = Date.now() / 1000;
    await this.#node.run(["kill", `-${signal}`, ...pids.map(String)]);
    return sentAt;
  }

  /** Asks for its end, and returns when that was. */
  async delete(graceSeconds?: number): Promise<number> {
    const askedAt = Date.now() / 1000;
    const body = graceSeconds === undefined ? undefined : { gracePeriodSeconds: graceSeconds };
    await this.#node.api.send("DELETE", `${podsPath}/${this.name}`, body);
    return askedAt;
  }

  /** Resolves with when it was seen to be gone. */
  gone(within = 60): Promise<number> {
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
