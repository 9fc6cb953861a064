import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/cluster/api-error.ts";
import { rights, scopeOf } from "../../src/console/access.ts";
import { clusterAccess } from "../../src/console/cluster-access.ts";
import { describeToken } from "../../src/console/token-words.ts";

interface Asked {
  readonly path: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** An API server's answers to reviews, by what is asked; every question is noted. */
function accessWith(answer: (asked: Asked) => unknown) {
  const asked: Asked[] = [];
  const clock = { elapsed: 0 };
  const access = clusterAccess({
    connection: {
      getJson: async (path, { body }) => {
        const question = { path, spec: Object(body).spec };
        asked.push(question);
        return { status: answer(question) };
      },
    },
    audience: "sluice-console",
    now: () => Date.UTC(2026, 0, 1),
    elapsed: () => clock.elapsed,
    lastContact: () => 1_000,
  });
  return { access, asked, clock };
}

const alice = {
  authenticated: true,
  audiences: ["sluice-console"],
  user: { username: "alice", groups: ["team"], uid: "1", extra: { k: ["v"] } },
};

describe("who somebody is", () => {
  it("is asked for the console's own audience, and kept for seconds", async () => {
    const { access, asked, clock } = accessWith(() => alice);
    expect((await access.viewer("Bearer abc")).user).toBe("alice");
    await access.viewer("bearer abc");
    expect(asked).toEqual([
      {
        path: "/apis/authentication.k8s.io/v1/tokenreviews",
        spec: { token: "abc", audiences: ["sluice-console"] },
      },
    ]);
    clock.elapsed += 11_000;
    await access.viewer("Bearer abc");
    expect(asked).toHaveLength(2);
  });

  it.each([
    [undefined, "sign in with a token: make one with kubectl create token"],
    ["", "sign in with a token"],
    ["Basic abc", "sign in with a token"],
    [`Bearer ${"x".repeat(20_000)}`, "too long"],
    ["Bearer abc", "does not accept this token (no)"],
  ])("is refused for %j", async (authorization, message) => {
    const { access } = accessWith(() => ({ authenticated: false, error: "no" }));
    await expect(access.viewer(authorization)).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining(message),
    });
  });

  it("is not believed where the API server vouches for no audience, or for another one", async () => {
    for (const audiences of [undefined, [], ["https://kubernetes.default.svc"]]) {
      const { access } = accessWith(() => ({ ...alice, audiences }));
      await expect(access.viewer("Bearer abc")).rejects.toMatchObject({ status: 401 });
    }
  });

  it("cannot be said while the API server is away, and it is told since when", async () => {
    const { access } = accessWith(() => {
      throw new ApiError("connect ECONNREFUSED");
    });
    await expect(access.viewer("Bearer abc")).rejects.toMatchObject({ status: 503, since: 1_000 });
  });

  it("cannot be said without the right to ask, and that right is named", async () => {
    const { access } = accessWith(() => {
      throw new ApiError("forbidden", { status: 403 });
    });
    await expect(access.viewer("Bearer abc")).rejects.toThrow("system:auth-delegator");
  });

  it("is asked for no more than 16 tokens at once", async () => {
    const { access, asked } = accessWith(() => ({ authenticated: false }));
    const tried = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => access.viewer(`Bearer token-${index}`)),
    );
    const statuses = tried.map((one) => (one.status === "rejected" ? one.reason.status : 200));
    expect([asked.length, statuses.filter((status) => status === 503).length]).toEqual([16, 24]);
    await expect(access.viewer("Bearer another")).rejects.toMatchObject({ status: 401 });
  });

  it("keeps no failure", async () => {
    let fails = true;
    const { access } = accessWith(() => {
      if (fails) throw new ApiError("timeout");
      return alice;
    });
    await expect(access.viewer("Bearer abc")).rejects.toMatchObject({ status: 503 });
    fails = false;
    expect((await access.viewer("Bearer abc")).user).toBe("alice");
  });
});

describe("what somebody may do", () => {
  it("is asked with all that the token says of the user, once in ten seconds", async () => {
    const { access, asked, clock } = accessWith(({ path }) =>
      path.endsWith("tokenreviews") ? alice : { allowed: true },
    );
    const viewer = await access.viewer("Bearer abc");
    expect(await viewer.may({ ...rights.datasets, namespace: "demo" })).toBe(true);
    expect(await viewer.may({ ...rights.datasets, namespace: "demo" })).toBe(true);
    expect(asked[1]).toEqual({
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      spec: {
        user: "alice",
        uid: "1",
        groups: ["team"],
        extra: { k: ["v"] },
        resourceAttributes: {
          group: "data.fluid.io",
          resource: "datasets",
          verb: "list",
          namespace: "demo",
        },
      },
    });
    expect(asked).toHaveLength(2);
    clock.elapsed += 11_000;
    await viewer.may({ ...rights.datasets, namespace: "demo" });
    expect(asked).toHaveLength(3);
  });

  it("is no other user's answer", async () => {
    const users = new Map([
      ["one", "alice"],
      ["two", "bob"],
    ]);
    const { access } = accessWith(({ path, spec }) =>
      path.endsWith("tokenreviews")
        ? { ...alice, user: { username: users.get(String(spec["token"])) } }
        : { allowed: spec["user"] === "alice" },
    );
    expect(await (await access.viewer("Bearer one")).may(rights.pods)).toBe(true);
    expect(await (await access.viewer("Bearer two")).may(rights.pods)).toBe(false);
  });

  it("is asked for each namespace only where it is not allowed everywhere", async () => {
    const asked: (string | undefined)[] = [];
    const viewer = {
      user: "alice",
      may: async ({ namespace }: { readonly namespace?: string }) => {
        asked.push(namespace);
        return namespace === "b";
      },
    };
    const scope = await scopeOf(viewer, rights.pods, ["b", "a", "b"]);
    expect(asked).toEqual([undefined, "a", "b"]);
    expect([scope.everywhere, scope.has("a"), scope.has("b"), scope.has("c")]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});

describe("why a token was refused", () => {
  const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
  const now = Date.UTC(2026, 0, 1);
  it.each([
    [token({ exp: 1_700_000_000, aud: "other" }), "this token expired at 2023-11-14T22:13:20.000Z"],
    [token({ exp: 4_000_000_000, aud: "other" }), "this token is for another audience (other)"],
    [token({ aud: ["a", "b"] }), "this token is for another audience (a, b)"],
    [token({ aud: "sluice-console" }), "the API server does not accept this token (revoked)"],
    [token({ exp: 1e300 }), "the API server does not accept"],
    [token([]), "the API server does not accept"],
    ["nonsense", "the API server does not accept"],
    ["a.%%%.c", "the API server does not accept"],
  ])("is told for %s", (given, message) => {
    expect(describeToken(given, "sluice-console", now, "revoked")).toContain(message);
  });
});
