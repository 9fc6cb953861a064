import { describe, expect, it } from "vitest";
import { readPodEvents, readRefusals } from "../../src/console/read-events.ts";

/** Answers by pages of the size that is asked for, and notes what was asked. */
function pagesOf(items: readonly object[]) {
  const asked: URLSearchParams[] = [];
  return {
    asked,
    getJson: async (path: string) => {
      const query = new URL(path, "http://api").searchParams;
      asked.push(query);
      const from = Number(query.get("continue") ?? 0);
      const to = from + Number(query.get("limit") ?? Number.POSITIVE_INFINITY);
      return {
        metadata: to < items.length ? { continue: String(to) } : {},
        items: items.slice(from, to),
      };
    },
  };
}

const event = (namespace: string, message: string) => ({
  metadata: { namespace },
  involvedObject: { kind: "ReplicaSet", name: "web" },
  message,
});
const refused = 'admission webhook "sluice.sluice.io" denied the request: no dataset';

describe("refusals", () => {
  it("are found behind as many Events for other reasons as there are", async () => {
    const others = Array.from({ length: 1_200 }, () => event("aaa", "exceeded quota"));
    const connection = pagesOf([...others, event("demo", refused)]);
    expect(await readRefusals(connection)).toEqual([
      { namespace: "demo", name: "ReplicaSet web", message: "no dataset", count: 1, last: undefined },
    ]);
    expect(connection.asked.map((query) => query.get("continue"))).toEqual([null, "500", "1000"]);
  });

  it("are told from others' in no time, whatever stands in an Event", async () => {
    const hostile = [
      event("aaa", `admission webhook "${"sluice ".repeat(100_000)}`),
      event("aaa", 'admission webhook "'.repeat(50_000)),
      event("aaa", 'admission webhook "others.io" denied the request: ask "sluice"'),
      event("demo", `${refused} ${"x".repeat(1_000_000)}`),
    ];
    const found = await readRefusals(pagesOf(hostile));
    expect(found.map(({ namespace }) => namespace)).toEqual(["demo"]);
    expect(found[0]?.message.length).toBeLessThan(4_096);
  });

  it("are not looked for without end", async () => {
    const connection = pagesOf(Array.from({ length: 100_000 }, () => event("aaa", refused)));
    expect(await readRefusals(connection)).toHaveLength(5_000);
  });
});

it("of one pod no more Events are read than can be held", async () => {
  const connection = pagesOf(Array.from({ length: 100_000 }, (_, at) => event("demo", `event ${at}`)));
  expect(await readPodEvents(connection, "demo", "web", "1")).toHaveLength(50);
  expect(connection.asked.map((query) => query.get("limit"))).toEqual(["500"]);
});
