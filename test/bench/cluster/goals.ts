import { median, spread } from "../statistics.ts";
import { formatTable } from "../table.ts";
import type { CreationRow } from "./creations.ts";
import { ratioOf, reviewRatio } from "./ratio.ts";
import type { Results } from "./results.ts";
import type { Rollout } from "./rollout.ts";

const goalWorkers = 8;

/** What was aimed at beside what was found. For information: the machine has its say in each of them. */
export function formatGoals({ creations, rollouts, company, scale }: Results): string {
  const atEight = creations.filter(({ workers }) => workers === goalWorkers);
  const injecting = throughputOf(atEight.find(({ name }) => name.startsWith("injecting")));
  const notAsked = atEight.find(({ name }) => name.startsWith("not asked"));
  const noise = notAsked?.plain ? spread(notAsked.plain.rounds.map((round) => round.perSecond)) : Number.NaN;
  const rollout = ratioOf(rollouts.withSluice, rollouts.plain, ({ seconds }) => seconds);
  const onCache = (found: readonly Rollout[]) => median(found.map(({ onCacheNodes }) => onCacheNodes));
  const largest = scale.at(-1);
  const starts = largest?.starts ?? [];
  const middle = (values: readonly number[]) => median(values);
  const ready = middle(starts.map(({ readyMs }) => readyMs));
  const memory = middle(
    starts.map(({ readyMegabytes, loadedMegabytes }) => Math.max(readyMegabytes, loadedMegabytes)),
  );
  const first = middle(starts.map(({ firstAdmissionMs }) => firstAdmissionMs));
  const size = `${largest?.datasets ?? 0} datasets`;
  const thousand = scale.find(({ datasets }) => datasets === 1_000) ?? largest;
  const review = reviewRatio(thousand?.starts ?? [], scale[0]?.starts ?? []);
  const { alone = [], accompanied = [] } = company ?? {};
  const speed = ratioOf(accompanied, alone, ({ perSecond }) => perSecond);
  return formatTable(
    ["goal", "aim", "found", "reached"],
    [
      goal("injecting, 8 workers, pods/s of plain", ">= 0.5", injecting.toFixed(2), injecting >= 0.5),
      goal(
        "not asked, 8 workers, pods/s of plain",
        `1 within noise (${noise.toFixed(2)})`,
        throughputOf(notAsked).toFixed(2),
        throughputOf(notAsked) >= 1 - Math.max(noise, 0.05),
      ),
      goal("Deployment, seconds of plain", "<= 1.2", rollout.toFixed(2), rollout <= 1.2),
      goal(
        "the same with controllers and console on, of without",
        ">= 0.95",
        speed.toFixed(2),
        speed >= 0.95,
      ),
      placement("pods on nodes with the cache", onCache(rollouts.withSluice)),
      placement("the same, cache-affinity strong", onCache(rollouts.strong)),
      goal(
        `review, ${thousand?.datasets ?? 0} datasets of mixed runtimes, of ${scale[0]?.datasets ?? 0}`,
        "<= 1.1",
        review.toFixed(2),
        review <= 1.1,
      ),
      goal(`ready, ${size}`, "<= 3 s", `${(ready / 1000).toFixed(2)} s`, ready <= 3_000),
      goal(`memory, ${size}`, "<= 200 MB", `${memory.toFixed(0)} MB`, memory <= 200),
      goal(`first admission, ${size}`, "<= 20 ms", `${first.toFixed(1)} ms`, first <= 20),
    ],
  );
}

function goal(name: string, aim: string, found: string, reached: boolean): string[] {
  return [name, aim, found, reached ? "yes" : "no"];
}

function placement(name: string, share: number): string[] {
  return goal(name, ">= 95 %", `${(share * 100).toFixed(1)} %`, share >= 0.95);
}

function throughputOf(row: CreationRow | undefined): number {
  if (row?.plain === undefined) return Number.NaN;
  return ratioOf(row.rounds, row.plain.rounds, ({ perSecond }) => perSecond);
}
