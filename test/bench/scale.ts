import { join } from "node:path";
import { mixedTypes } from "../support/many-datasets.ts";
import type { BenchPlace } from "./bench-place.ts";
import { type ClusterFolder, writeClusterFolder } from "./cluster-folder.ts";
import { type Measured, measure } from "./load.ts";
import { residentMegabytes } from "./process-usage.ts";
import { trainingReview } from "./reviews.ts";
import type { Question } from "./right-answer.ts";
import type { ServerProcess } from "./server-process.ts";

/** The webhook over a cluster of one size. */
export interface ScaleRow {
  readonly datasets: number;
  /** From starting the process to its word that it is ready: loading the manifests and warming up. */
  readonly readyMs: number;
  /** MB when it is ready. */
  readonly readyMegabytes: number;
  /** MB after all of the load. */
  readonly loadedMegabytes: number;
  /** On one connection, one review after the other, about pods with one dataset each: all runtimes, spread over all. */
  readonly rounds: readonly Measured[];
}

interface Running {
  readonly cluster: ClusterFolder;
  readonly server: ServerProcess;
  readonly questions: readonly Question[];
  readonly readyMegabytes: number;
  readonly rounds: Measured[];
}

const namespaces = 100;
const reviews = 400;

/** Measures the webhook over clusters of different sizes in turn. */
export async function measureScale(place: BenchPlace): Promise<ScaleRow[]> {
  const { rounds, seconds, sizes } = place.options;
  const { agent } = place;
  const running: Running[] = [];
  for (const size of sizes) {
    place.say(`loading ${size} datasets`);
    running.push(await startOver(place, size));
  }
  for (const { server, questions } of running) await measure(server, questions, 4, seconds, agent);
  for (let round = 0; round < rounds; round++) {
    place.say(`round ${round + 1} of ${rounds}, clusters of ${sizes.join(", ")} datasets`);
    for (const { server, questions, rounds: found } of round % 2 === 0 ? running : running.toReversed())
      found.push(await measure(server, questions, 1, seconds, agent));
  }
  return Promise.all(
    running.map(async ({ cluster, server, readyMegabytes, rounds: found }) => {
      const loadedMegabytes = residentMegabytes(server.pid);
      await server.stop();
      const { datasets } = cluster;
      return { datasets, readyMs: server.startMs, readyMegabytes, loadedMegabytes, rounds: found };
    }),
  );
}

async function startOver(place: BenchPlace, size: number): Promise<Running> {
  const directory = join(place.directory, `datasets-${size}`);
  const cluster = await writeClusterFolder(directory, size, namespaces, mixedTypes);
  const server = await place.startWebhook(cluster.directory);
  const readyMegabytes = residentMegabytes(server.pid);
  // No two alike, so that no answer is only remembered.
  const questions = Array.from({ length: reviews }, (_, review): Question[] => {
    const sample = cluster.samples[review % cluster.samples.length];
    if (sample === undefined) return [];
    const body = trainingReview(sample.namespace, [sample.claim], review, review);
    return [{ body, expected: ["fluid-fuse-0"] }];
  }).flat();
  return { cluster, server, questions, readyMegabytes, rounds: [] };
}
