import { type Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../statistics.ts";
import type { Created, CreatePods, LoadMark } from "./load-command.ts";

/** Creates pods as told; `mark` is called when they begin to count and when they no longer do. Rejects at a wrong answer. */
export async function createPods(
  agent: Agent,
  command: CreatePods,
  mark: (mark: LoadMark) => void,
): Promise<Created> {
  const { pods, workers, settleSeconds, seconds } = command;
  const times: number[] = [];
  let sent = 0;
  let first = 0;
  let over = false;
  const work = async (): Promise<void> => {
    do {
      const pod = pods[sent++ % pods.length];
      if (pod === undefined) throw new Error("there is no pod to create");
      const begin = performance.now();
      const answer = await create(agent, pod);
      times.push(performance.now() - begin);
      const problem = problemOf(answer, command.served);
      if (problem !== undefined) {
        over = true;
        throw new Error(`${problem}: ${answer.text.slice(0, 600)}`);
      }
    } while (!over);
  };
  const working = Promise.all(Array.from({ length: workers }, work));
  // A refusal is told below, after the time is over.
  working.catch(() => undefined);
  await sleep(settleSeconds * 1000);
  first = times.length;
  mark("begun");
  const begin = performance.now();
  await sleep(seconds * 1000);
  const counted = seconds === 0 ? undefined : times.slice(first);
  const elapsed = (performance.now() - begin) / 1000;
  mark("ended");
  over = true;
  await working;
  const found = counted ?? times;
  if (found.length === 0) throw new Error(`no pod was created within ${seconds} s`);
  return {
    pods: found.length,
    perSecond: found.length / elapsed,
    p50: quantile(found, 0.5),
    p99: quantile(found, 0.99),
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function create(agent: Agent, pod: CreatePods["pods"][number]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const path = `/api/v1/namespaces/${pod.namespace}/pods?dryRun=All`;
    const headers = { accept: "application/json", "content-type": "application/json" };
    const asked = request({ agent, host: "kubernetes", method: "POST", path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }),
      );
    });
    asked.on("error", reject);
    asked.setTimeout(30_000, () => asked.destroy(new Error(`${path}: no answer within 30 s`)));
    asked.end(pod.body);
  });
}

function problemOf({ status, text }: Answer, served: boolean): string | undefined {
  if (status !== 201) return `HTTP status ${status}`;
  if (text.includes('"sluice-supervisor"') === served) return undefined;
  return served
    ? "a pod came back without its client"
    : "a pod that nobody asked about came back with a client";
}
