import { join } from "node:path";
import type { BenchPlace } from "./bench-place.ts";
import { type ClusterFolder, juicefsClaim, writeClusterFolder } from "./cluster-folder.ts";
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
  readonly questions: readonly Question[];
}

export interface Throughput {
  readonly reviewBytes: number;
  readonly rows: readonly ThroughputRow[];
}

/** Names of the rows that are told against each other. */
export const rowNames = {
  fluid: "one dataset, no two alike",
  juicefs: "one JuiceFS CSI claim, no two alike",
} as const;

const fewDatasets = 4;
/** Reviews of each kind. As many that differ are more than the webhook remembers answers to. */
const reviews = 400;

/** Writes the small cluster: four datasets in one namespace. */
export function writeSmallCluster(place: BenchPlace): Promise<ClusterFolder> {
  return writeClusterFolder(join(place.directory, "small"), fewDatasets, 1);
}

/** The review number `review` of a pod with the first `count` datasets of a cluster, and the clients it has to be given. */
export function questionAbout(cluster: ClusterFolder, count: number, review = 0, worker = 0): Question {
  const claims = cluster.samples.slice(0, count).map(({ claim }) => claim);
  const body = trainingReview(cluster.samples[0]?.namespace ?? "", claims, review, worker);
  return { body, expected: claims.map((_, index) => `fluid-fuse-${index}`) };
}

/** As `questionAbout`, about the claim of the JuiceFS CSI driver; no two are alike. */
function askForJuicefs(cluster: ClusterFolder, review: number): Question {
  const body = trainingReview(cluster.samples[0]?.namespace ?? "", [juicefsClaim], review, review);
  return { body, expected: ["jfs-mount"] };
}

/** Measures echo and webhook in turn, so that whatever else the machine does meets both. */
export async function measureThroughput(place: BenchPlace, cluster: ClusterFolder): Promise<Throughput> {
  const { rounds, seconds, connections } = place.options;
  const echo = await place.startEcho();
  const webhook = await place.startWebhook(cluster.directory);
  const numbers = Array.from({ length: reviews }, (_, review) => review);
  const replicas = (count: number) => numbers.map((review) => questionAbout(cluster, count, review));
  const workers = numbers.map((review) => questionAbout(cluster, 1, review, review));
  const [one] = workers;
  const cases: readonly Case[] = [
    { name: "echo", server: echo, questions: workers.map((each) => ({ ...each, expected: "echo" })) },
    { name: "one dataset, replicas", server: webhook, questions: replicas(1) },
    { name: rowNames.fluid, server: webhook, questions: workers },
    {
      name: rowNames.juicefs,
      server: webhook,
      questions: numbers.map((each) => askForJuicefs(cluster, each)),
    },
    { name: "four datasets, replicas", server: webhook, questions: replicas(fewDatasets) },
    { name: "without claims", server: webhook, questions: replicas(0) },
  ];
  const rows = connections.map((count) => rowsOf(cases, count));
  place.say("warming up");
  // Both have compiled what they run before anything counts; that takes some thousand reviews of each kind.
  for (const { server, questions } of cases) await measure(server, questions, 16, seconds * 2, place.agent);
  for (let round = 0; round < rounds; round++) {
    for (const group of rows) {
      place.say(`round ${round + 1} of ${rounds}, ${group[0]?.connections} connections`);
      // There and back, so that a machine that gets slower or faster favours none.
      const order = round % 2 === 0 ? cases : cases.toReversed();
      for (const { name, server, questions } of order) {
        const row = group.find((candidate) => candidate.name === name);
        row?.rounds.push(await measure(server, questions, row.connections, seconds, place.agent));
      }
    }
  }
  await Promise.all([echo.stop(), webhook.stop()]);
  return { reviewBytes: Buffer.byteLength(one?.body ?? ""), rows: rows.flat() };
}

function rowsOf(cases: readonly Case[], connections: number): ThroughputRow[] {
  const rows: ThroughputRow[] = [];
  for (const { name } of cases) rows.push({ name, connections, rounds: [], echo: rows[0] });
  return rows;
}
