import { describe, expect, it } from "vitest";
import { ApiClient, type ApiProblem, type TokenStore } from "../../src/console-page/api-client.ts";

interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

function tokenStore(): TokenStore {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** A client of a server that gives `answer`, and what it was sent. */
function clientOf(answer: (sent: Sent) => Response): { client: ApiClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new ApiClient(tokenStore(), async (path, init) => {
    sent.push({ path, init });
    return answer({ path, init });
  });
  return { client, sent };
}

const headerOf = ({ init }: Sent, name: string) => new Headers(init.headers).get(name);
const tagged = (body: unknown, etag: string) => Response.json(body, { headers: { etag } });
const problemOf = (asked: Promise<unknown>): Promise<ApiProblem> =>
  asked.then(
    () => expect.fail("it was answered"),
    (problem) => problem,
  );

describe("the token", () => {
  it("goes with each request, to where the page comes from and nowhere else", async () => {
    const { client, sent } = clientOf(() => Response.json({}));
    await client.get("session");
    client.token = "abc";
    await client.get("session");
    await client.post("why", { name: "train" });
    expect(sent.map((one) => headerOf(one, "authorization"))).toEqual([null, "Bearer abc", "Bearer abc"]);
    expect(sent.map(({ path }) => path)).toEqual(["api/v1/session", "api/v1/session", "api/v1/why"]);
    expect(sent.map(({ init }) => init.credentials)).toEqual(["omit", "omit", "omit"]);
    expect([sent[2]?.init.method, sent[2]?.init.body]).toEqual(["POST", '{"name":"train"}']);
  });

  it("is forgotten when it is taken away", async () => {
    const { client, sent } = clientOf(() => Response.json({}));
    client.token = "abc";
    client.token = "";
    await client.get("session");
    expect(client.token).toBe("");
    expect(sent.map((one) => headerOf(one, "authorization"))).toEqual([null]);
  });
});

describe("an answer that has not changed", () => {
  const unchanged = (sent: Sent) =>
    headerOf(sent, "if-none-match") === '"1"' ? new Response(null, { status: 304 }) : tagged({ n: 1 }, '"1"');

  it("is not sent again, and is the same object as before", async () => {
    const { client, sent } = clientOf(unchanged);
    const first = await client.get("pods");
    expect(first).toEqual({ n: 1 });
    expect(await client.get("pods")).toBe(first);
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, '"1"']);
  });

  it("is another one on another path", async () => {
    const { client, sent } = clientOf(unchanged);
    await client.get("pods");
    await client.get("pods?page=2");
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, null]);
  });

  it("is not kept for whoever signs in next", async () => {
    const { client, sent } = clientOf(unchanged);
    await client.get("pods");
    client.token = "another";
    await client.get("pods");
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, null]);
  });

  it("is not kept where somebody else has signed in while it was on its way", async () => {
    const { client, sent } = clientOf((request) => {
      if (headerOf(request, "authorization") === null) client.token = "another";
      return unchanged(request);
    });
    expect(await client.get("pods")).toEqual({ n: 1 });
    await client.get("pods");
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, null]);
  });

  it("is not kept, and is a problem, where it broke off", async () => {
    const broken = () => new Response('{"n": 1', { headers: { etag: '"1"' } });
    const { client, sent } = clientOf(broken);
    expect(await problemOf(client.get("pods"))).toMatchObject({
      status: 0,
      message: expect.stringContaining("broke off"),
    });
    await problemOf(client.get("pods"));
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, null]);
  });

  it("is kept for a hundred paths, those that were answered last", async () => {
    const { client, sent } = clientOf(({ path }) => tagged({ path }, `"${path}"`));
    for (let page = 0; page <= 100; page++) await client.get(`pods?page=${page}`);
    sent.length = 0;
    await client.get("pods?page=1");
    await client.get("pods?page=0");
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual(['"api/v1/pods?page=1"', null]);
  });

  it("takes the place of the one before when it has changed after all", async () => {
    const answers = [tagged({ n: 1 }, '"1"'), tagged({ n: 2 }, '"2"'), new Response(null, { status: 304 })];
    const { client, sent } = clientOf(() => answers.shift() ?? Response.error());
    await client.get("pods");
    const second = await client.get("pods");
    expect(second).toEqual({ n: 2 });
    expect(await client.get("pods")).toBe(second);
    expect(sent.map((one) => headerOf(one, "if-none-match"))).toEqual([null, '"1"', '"2"']);
  });
});

describe("no answer", () => {
  it.each<[string, Response, object]>([
    [
      "a refusal, with its words and time",
      Response.json({ message: "no such token", since: "2026-01-31T12:00:00Z" }, { status: 401 }),
      { status: 401, message: "no such token", since: "2026-01-31T12:00:00Z" },
    ],
    [
      "one that is not ours",
      new Response("<html>", { status: 502 }),
      { status: 502, message: "HTTP status 502" },
    ],
    [
      "words that are no text",
      Response.json({ message: 5, since: {} }, { status: 500 }),
      { status: 500, message: "HTTP status 500", since: undefined },
    ],
    ["a 304 that nobody asked for", new Response(null, { status: 304 }), { status: 304 }],
  ])("is told: %s", async (_words, response, expected) => {
    const { client } = clientOf(() => response);
    expect(await problemOf(client.get("pods"))).toMatchObject(expected);
  });

  it("is told with what to look at where nobody is there", async () => {
    const { client } = clientOf(() => {
      throw new TypeError("Failed to fetch");
    });
    const problem = await problemOf(client.get("pods"));
    expect(problem).toMatchObject({
      status: 0,
      message: "the console does not answer: is it still running, and the port forwarded?",
    });
  });

  it("is no problem of the console's for whoever has given up", async () => {
    const given = new AbortController();
    const { client } = clientOf(() => {
      given.abort();
      throw new DOMException("aborted", "AbortError");
    });
    expect(await problemOf(client.get("pods", given.signal))).toMatchObject({ name: "AbortError" });
  });
});

describe("the server's time", () => {
  const dated = (ms: number) => Response.json({}, { headers: { date: new Date(ms).toUTCString() } });

  it.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("is told where it is %s", async (_words, ahead) => {
    const { client } = clientOf(() => dated(Date.now() + ahead));
    await client.get("pods");
    expect(Math.abs(client.now() - Date.now() - ahead)).toBeLessThan(60_000);
  });

  it("is this machine's where they hardly differ, or it is not told", async () => {
    const { client } = clientOf(() => Response.json({}));
    await client.get("pods");
    expect(Math.abs(client.now() - Date.now())).toBeLessThan(5_000);
  });
});
