import { median } from "../statistics.ts";
import type { Start } from "./scale.ts";

/** Round by round, for what slows the machine down for a while slows both. */
export function ratioOf<Round>(
  rounds: readonly Round[],
  base: readonly Round[],
  of: (round: Round) => number,
): number {
  return median(
    rounds.map((round, index) => {
      const other = base[index];
      return other === undefined ? Number.NaN : of(round) / of(other);
    }),
  );
}

/** Latency of a review over a cluster of one size against that over another. */
export function reviewRatio(starts: readonly Start[], base: readonly Start[]): number {
  const middle = (found: readonly Start[]) => median(found.map(({ reviewMs }) => reviewMs));
  return middle(starts) / middle(base);
}
