import { join } from "node:path";
import type { BenchPlace } from "./bench-place.ts";
import { type ClusterFolder, writeClusterFolder } from "./cluster-folder.ts";
import { type Measured, measure } from "./load.ts";
import { trainingReview } from "./reviews.ts";
import type { Question } from "./right-answer.ts";
import type { ServerProcess } from "./server-process.ts";

/** One kind of review at one number of connections, with what each round found. */
export interface ThroughputRow {
  readonly name: string;
  readonly connections: number;
  readonly rounds: Measured[];
  /** The echo's row at the same number of connections. */
  readonly echo: ThroughputRow | undefined;
}

interface Case {
  readonly name: string;
  readonly server: ServerProcess;
  readonly question: Question;
}

export interface Throughput {
  readonly reviewBytes: number;
  readonly rows: readonly ThroughputRow[];
}

const uid = "1d5f7c0a-4b7e-4c1f-8f0e-2f1f3f5c9a10";
const fewDatasets = 4;

/** Writes the small cluster: four datasets in one namespace. */
export function writeSmallCluster(place: BenchPlace): Promise<ClusterFolder> {
  return writeClusterFolder(join(place.directory, "small"), fewDatasets, 1);
}

/** The review of a pod with the first `count` datasets of a cluster, and the clients that it has to be given. */
export function questionAbout(cluster: ClusterFolder, count: number): Question {
  const claims = cluster.samples.slice(0, count).map(({ claim }) => claim);
  const body = trainingReview(cluster.samples[0]?.namespace ?? "", claims, uid);
  return { body, expected: claims.map((_, index) => `fluid-fuse-${index}`) };
}

/** Measures echo and webhook in turn, so that whatever else the machine does meets both. */
export async function measureThroughput(place: BenchPlace, cluster: ClusterFolder): Promise<Throughput> {
  const { rounds, seconds, connections } = place.options;
  const echo = await place.startEcho();
  const webhook = await place.startWebhook(cluster.directory);
  const one = questionAbout(cluster, 1);
  const cases: readonly Case[] = [
    { name: "echo", server: echo, question: { ...one, expected: "echo" } },
    { name: "pod with one dataset", server: webhook, question: one },
    { name: "pod with four datasets", server: webhook, question: questionAbout(cluster, fewDatasets) },
    { name: "pod without claims", server: webhook, question: questionAbout(cluster, 0) },
  ];
  const rows = connections.map((count) => rowsOf(cases, count));
  place.say("warming up");
  // Both have compiled what they run before anything counts; that takes some thousand reviews of each kind.
  for (const { server, question } of cases) await measure(server, [question], 16, seconds * 2, place.agent);
  for (let round = 0; round < rounds; round++) {
    for (const group of rows) {
      place.say(`round ${round + 1} of ${rounds}, ${group[0]?.connections} connections`);
      // There and back, so that a machine that gets slower or faster favours none.
      const order = round % 2 === 0 ? cases : cases.toReversed();
      for (const { name, server, question } of order) {
        const row = group.find((candidate) => candidate.name === name);
        row?.rounds.push(await measure(server, [question], row.connections, seconds, place.agent));
      }
    }
  }
  await Promise.all([echo.stop(), webhook.stop()]);
  return { reviewBytes: Buffer.byteLength(one.body), rows: rows.flat() };
}

function rowsOf(cases: readonly Case[], connections: number): ThroughputRow[] {
  const rows: ThroughputRow[] = [];
  for (const { name } of cases) rows.push({ name, connections, rounds: [], echo: rows[0] });
  return rows;
}
