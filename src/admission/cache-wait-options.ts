import { sluice } from "./labels.ts";
import { quoteValue } from "./quote-value.ts";

/** What a pod says about waiting for its datasets' cache. */
export interface CacheWaitOptions {
  /** Percent that have to be in the cache; undefined: a DataLoad has to be complete. */
  readonly share?: number;
  /** Absent: not said. */
  readonly limitSeconds?: number;
  readonly otherwise: "start" | "fail";
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const shareText = /^(\d{1,3})%$/;
const limitText = /^[1-9]\d{0,5}[smhd]$/;

/**
 * Reads the annotations by which a pod waits; undefined where it does not ask for that. Values that cannot be used are
 * put into `bad`, in words.
 */
export function readCacheWaitOptions(
  annotations: Readonly<Record<string, string>>,
  bad: string[],
): CacheWaitOptions | undefined {
  const wanted = annotations[sluice.waitForCache];
  const limit = annotations[sluice.waitForCacheLimit];
  const otherwise = annotations[sluice.waitForCacheElse];
  if (wanted === undefined) {
    for (const [key, value] of [
      [sluice.waitForCacheLimit, limit],
      [sluice.waitForCacheElse, otherwise],
    ] as const)
      if (value !== undefined) bad.push(`${key} without ${sluice.waitForCache} (say what is waited for)`);
    return undefined;
  }
  const share = readShare(wanted, bad);
  const limitSeconds = readLimit(limit, bad);
  if (otherwise !== undefined && otherwise !== "start" && otherwise !== "fail")
    bad.push(`${sluice.waitForCacheElse}=${quoteValue(otherwise)} (use start, fail)`);
  return {
    ...(share === undefined ? {} : { share }),
    ...(limitSeconds === undefined ? {} : { limitSeconds }),
    otherwise: otherwise === "fail" ? "fail" : "start",
  };
}

function readShare(text: string, bad: string[]): number | undefined {
  if (text === "data-load") return undefined;
  const share = Number(shareText.exec(text)?.[1]);
  if (!(share >= 1 && share <= 100))
    bad.push(`${sluice.waitForCache}=${quoteValue(text)} (use a share from 1% to 100%, or data-load)`);
  return share;
}

function readLimit(text: string | undefined, bad: string[]): number | undefined {
  if (text === undefined) return undefined;
  if (!limitText.test(text))
    bad.push(
      `${sluice.waitForCacheLimit}=${quoteValue(text)} (use a length of time such as 90s, 30m, 2h or 1d)`,
    );
  return Number.parseInt(text, 10) * (unitSeconds[text.slice(-1)] ?? 0);
}
