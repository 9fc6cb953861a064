import type { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon, { type LoadRequest } from "autocannon";
import { reviewHeaders, reviewPath } from "./post.ts";
import { cpuSeconds } from "./process-usage.ts";
import { askRightly, type Question, WrongAnswer } from "./right-answer.ts";
import type { ServerProcess } from "./server-process.ts";
import { quantile } from "./statistics.ts";

/** What one measurement found. */
export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds that the server used for 1,000 requests. */
  readonly cpuPerThousand: number;
}

// Until all connections are open and the processor has settled on this server.
const settleMs = 150;
const patienceMs = 30_000;

/**
 * Puts `connections` keep-alive connections of load on a server for `seconds`, asking `questions` in turn. An answer is
 * looked at as a whole for each question before and after, and by status and length in between. Throws `WrongAnswer`.
 */
export async function measure(
  server: ServerProcess,
  questions: readonly Question[],
  connections: number,
  seconds: number,
  agent: Agent,
): Promise<Measured> {
  const lengths = new Set<number>();
  for (const question of questions) lengths.add((await askRightly(server.url, question, agent)).bytes);
  const requests = questions.map(({ body }): LoadRequest => {
    return { method: "POST", path: reviewPath, headers: reviewHeaders, body };
  });
  let begun = 0;
  const load = autocannon({
    url: server.url,
    connections,
    duration: seconds + 2 * (patienceMs / 1000),
    sampleInt: 50,
    requests,
    // Each connection begins elsewhere, or all would ask the same at the same time.
    setupClient: (client) => {
      const first = Math.floor((begun++ * requests.length) / connections);
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  const latencies: number[] = [];
  let wrong: string | undefined;
  load.on("reqError", (error) => {
    wrong ??= error.message;
  });
  load.on("response", (_client, status, bytes, milliseconds) => {
    if (status !== 200 || !lengths.has(bytes)) wrong ??= `status ${status}, ${bytes} bytes`;
    latencies.push(milliseconds);
  });
  try {
    await sleep(Math.min(settleMs, seconds * 1000));
    const first = latencies.length;
    const cpuBefore = cpuSeconds(server.pid);
    const begin = performance.now();
    await sleep(seconds * 1000);
    // On a machine that stands still for a moment: something has to be measured.
    while (latencies.length === first && performance.now() - begin < patienceMs) await sleep(50);
    const cpu = cpuSeconds(server.pid) - cpuBefore;
    const elapsed = (performance.now() - begin) / 1000;
    const found = latencies.slice(first);
    if (wrong !== undefined) throw new WrongAnswer(`${server.url} answered wrongly under load: ${wrong}`);
    if (found.length === 0) throw new WrongAnswer(`${server.url} did not answer within ${patienceMs} ms`);
    return {
      requests: found.length,
      perSecond: found.length / elapsed,
      mean: found.reduce((sum, value) => sum + value, 0) / found.length,
      p50: quantile(found, 0.5),
      p99: quantile(found, 0.99),
      cpuPerThousand: (cpu / found.length) * 1000,
    };
  } finally {
    load.stop();
    await load;
    server.trimLog();
    for (const question of questions) await askRightly(server.url, question, agent);
  }
}
