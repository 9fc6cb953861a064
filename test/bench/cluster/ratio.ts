import { median } from "../statistics.ts";

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
