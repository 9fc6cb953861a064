import { afterEach, describe, expect, it } from "vitest";
import { ApiProblem } from "../../src/console-page/api-client.ts";
import { keepAsking, type Page, type PolledPath } from "../../src/console-page/keep-asking.ts";

/** A page that somebody looks at, or does not. */
class FakePage implements Page {
  visibilityState = "visible";
  readonly listeners = new Set<() => void>();

  addEventListener(_type: string, listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: string, listener: () => void): void {
    this.listeners.delete(listener);
  }

  become(visibilityState: "visible" | "hidden"): void {
    this.visibilityState = visibilityState;
    for (const listener of this.listeners) listener();
  }
}

/** A server whose requests wait until they are answered. */
class FakeClient {
  readonly asked: {
    readonly signal: AbortSignal | undefined;
    readonly answer: (data: unknown) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];

  get<Answer>(_path: string, signal?: AbortSignal): Promise<Answer> {
    return new Promise<unknown>((answer, fail) =>
      this.asked.push({ signal, answer, fail }),
    ) as Promise<Answer>;
  }

  /** What was asked as number `which`, from 0; waits for it. */
  async request(which: number) {
    await expect.poll(() => this.asked.length).toBeGreaterThan(which);
    return this.asked[which] ?? expect.fail();
  }
}

const hour = 3_600_000;
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

function asking({
  everyMs = 1,
  before = { path: "pods" },
}: {
  everyMs?: number;
  before?: PolledPath<string>;
} = {}) {
  const [client, page] = [new FakeClient(), new FakePage()];
  const known = { now: before, told: 0 };
  const end = keepAsking<string>(client, "pods", page, everyMs, (change) => {
    known.now = change(known.now);
    known.told++;
  });
  endings.push(end);
  return { client, page, known, end };
}

/** Until a page that is seen has asked some more times. */
async function othersGoOn(): Promise<void> {
  const { client } = asking();
  for (const which of [0, 1, 2]) (await client.request(which)).answer("");
  await client.request(3);
}

describe("a path that is asked for again and again", () => {
  it("is asked for at once, and again after each answer", async () => {
    const { client, known } = asking();
    expect(client.asked).toHaveLength(1);
    for (const [which, data] of ["a", "b", "c"].entries()) {
      (await client.request(which)).answer(data);
      await expect.poll(() => known.now.data).toBe(data);
    }
    expect(known.now).toEqual({ path: "pods", data: "c", at: expect.any(Date) });
  });

  it("keeps what was known while there is no answer, and forgets the problem with the next one", async () => {
    const { client, known } = asking();
    (await client.request(0)).answer("a");
    (await client.request(1)).fail(new ApiProblem(503, "not ready"));
    await expect.poll(() => known.now.problem?.status).toBe(503);
    expect(known.now).toMatchObject({ data: "a", at: expect.any(Date) });
    (await client.request(2)).answer("b");
    await expect.poll(() => known.now.data).toBe("b");
    expect(known.now.problem).toBeUndefined();
  });

  it("forgets what is not there any more, and what was known of another path", async () => {
    const { client, known } = asking({ before: { path: "datasets", data: "of another path" } });
    (await client.request(0)).fail(new ApiProblem(503, "not ready"));
    await expect.poll(() => known.now).toMatchObject({ path: "pods", problem: { status: 503 } });
    expect(known.now).not.toHaveProperty("data");
    (await client.request(1)).answer("a");
    (await client.request(2)).fail(new ApiProblem(404, "no such pod"));
    await expect.poll(() => known.now.problem?.status).toBe(404);
    expect(known.now).not.toHaveProperty("data");
  });

  it("tells an error that is no answer of the API in its words", async () => {
    const { client, known } = asking();
    (await client.request(0)).fail(new RangeError("too deep"));
    await expect.poll(() => known.now.problem).toMatchObject({ status: 0, message: "RangeError: too deep" });
  });

  it("is not asked for while nobody sees the page, and at once when somebody does", async () => {
    const { client, page, known } = asking();
    page.become("hidden");
    (await client.request(0)).answer("a");
    await expect.poll(() => known.now.data).toBe("a");
    await othersGoOn();
    expect(client.asked).toHaveLength(1);
    page.become("visible");
    expect(client.asked).toHaveLength(2);
  });

  it("is asked for once where somebody comes back before it is time", async () => {
    const { client, page, known } = asking({ everyMs: hour });
    (await client.request(0)).answer("a");
    await expect.poll(() => known.now.data).toBe("a");
    page.become("hidden");
    page.become("visible");
    expect(client.asked).toHaveLength(2);
  });

  it("is asked for by one request at a time, however often somebody comes back", async () => {
    const { client, page, known } = asking();
    for (const _ of [1, 2, 3]) {
      page.become("hidden");
      page.become("visible");
    }
    expect(client.asked).toHaveLength(1);
    (await client.request(0)).answer("a");
    (await client.request(1)).answer("b");
    await expect.poll(() => known.now.data).toBe("b");
    await client.request(2);
    await othersGoOn();
    expect(client.asked).toHaveLength(3);
  });

  it.each([401, 403])("forgets what was known where it may not be seen any more (%i)", async (status) => {
    const { client, known } = asking();
    (await client.request(0)).answer("a");
    (await client.request(1)).fail(new ApiProblem(status, "you may not"));
    await expect.poll(() => known.now.problem?.status).toBe(status);
    expect(known.now).not.toHaveProperty("data");
  });

  it.each<[string, (request: FakeClient["asked"][number]) => void]>([
    ["an answer", ({ answer }) => answer("late")],
    ["an error", ({ fail }) => fail(new ApiProblem(503, "late"))],
  ])("tells nothing after its end: %s on its way is given up", async (_words, finish) => {
    const { client, page, known, end } = asking();
    const request = await client.request(0);
    end();
    expect(request.signal?.aborted).toBe(true);
    finish(request);
    page.become("visible");
    await othersGoOn();
    expect([known.told, client.asked.length, page.listeners.size]).toEqual([0, 1, 0]);
  });
});
