// The webhook is registered with a timeout of 5 s; the rest is for the way there and back.
const longestBudgetMs = 4_500;
const reserveMs = 500;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/**
 * How long a review may take, in milliseconds. `timeout` is the query parameter in which the API server tells its own
 * limit, as a Go duration ("5s"); anything else counts as not told.
 */
export function reviewBudget(timeout: unknown): number {
  const match = typeof timeout === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(timeout) : null;
  if (match === null) return longestBudgetMs;
  const told = Number(match[1]) * (unitMs[match[2] ?? ""] ?? 0);
  return Math.max(0, Math.min(longestBudgetMs, told - reserveMs));
}
