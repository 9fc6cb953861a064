import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createLog, type LogLevel, logDestination, logReview } from "../../src/telemetry/log.ts";
import type { ReviewOutcome } from "../../src/telemetry/review-outcome.ts";
import { injectedOutcome } from "../support/review-outcome.ts";

const outcome: ReviewOutcome = {
  ...injectedOutcome,
  codes: ["injected", "cache-preferred"],
  seconds: 0.0012345,
};

function linesAt(level: LogLevel, reviewed: ReviewOutcome): unknown[] {
  const lines: unknown[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => done(void lines.push(JSON.parse(String(chunk)))),
  });
  logReview(createLog(level, stream), reviewed);
  return lines;
}

describe("logReview", () => {
  it("writes no more of a pod's name than a name may have", () => {
    const [line] = linesAt("info", { ...outcome, pod: "x".repeat(1_000_000) });
    expect(line).toMatchObject({ pod: `${"x".repeat(252)}…` });
  });

  it("writes one line of JSON", () => {
    expect(linesAt("info", outcome)).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        uid: "u",
        namespace: "default",
        pod: "p",
        operation: "CREATE",
        verdict: "injected",
        mode: "sidecar",
        codes: "injected,cache-preferred",
        ms: 1.23,
        msg: "reviewed",
      },
    ]);
  });

  it("tells why a pod was refused, and that it was only a trial", () => {
    const refused = { ...outcome, verdict: "rejected", refusal: "claim missing", dryRun: true } as const;
    expect(linesAt("info", refused)).toEqual([
      expect.objectContaining({ level: "info", verdict: "rejected", refusal: "claim missing", dryRun: true }),
    ]);
  });

  it.each([
    ["info", 0],
    ["debug", 1],
  ] as const)("at level %s: %i lines for a pod left as it is", (level, count) => {
    expect(linesAt(level, { ...outcome, verdict: "unchanged" })).toHaveLength(count);
  });
});

it("writes to a stream that has no file descriptor", () => {
  const stream = new Writable();
  expect(logDestination(stream)).toBe(stream);
});
