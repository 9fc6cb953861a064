import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../src/cluster/api-error.ts";
import { injectedPod, plainPod } from "./injected-pod.ts";
import { accessOf, type ServedConsole, serveConsole } from "./serve-console.ts";

const manifest = (claim: string, namespace = "demo") =>
  JSON.stringify(plainPod("asked", { claim, namespace }));

describe("the console's API", () => {
  let served: ServedConsole;
  beforeAll(async () => {
    served = await serveConsole();
    const { view } = served.data;
    served.put(injectedPod(view, "on", { node: "node-a" }));
    served.put(injectedPod(view, "off", { node: "node-c", claim: "corpus" }));
    served.put(injectedPod(view, "unplaced", { claim: "corpus" }));
    served.put(plainPod("missed", { labels: { "sluice.io/inject": "true" } }));
    served.put(plainPod("driver", { labels: { "sluice.io/inject": "false" }, node: "node-a" }));
    served.put(plainPod("unrelated", { claim: "scratch" }));
  });
  afterAll(() => served.close());

  const namesOf = async (query: string) => {
    const { body } = await served.get(`/api/v1/pods?${query}`);
    return Object(body["pods"]).map(({ name }: { name: string }) => name);
  };

  it.each([
    ["", ["driver", "missed", "off", "on", "unplaced"]],
    ["sort=name&descending=true", ["unplaced", "on", "off", "missed", "driver"]],
    ["service=sidecar", ["off", "on", "unplaced"]],
    ["service=missed", ["missed"]],
    ["service=csi", ["driver"]],
    ["cache=on", ["driver", "on"]],
    ["cache=off", ["off"]],
    ["cache=unplaced", ["missed", "unplaced"]],
    ["health=bad", ["missed"]],
    ["sort=health&health=well", ["driver", "off", "on"]],
    ["dataset=demo/corpus", ["off", "unplaced"]],
    ["search=node-a", ["driver", "on"]],
    ["search=nothing", []],
    ["namespace=other", []],
    ["size=2", ["driver", "missed"]],
    ["size=2&page=3", ["unplaced"]],
    ["size=2&page=4", []],
  ])("lists pods by %j", async (query, names) => {
    expect(await namesOf(query)).toEqual(names);
  });

  it("counts all that match, whatever the page", async () => {
    const { body } = await served.get("/api/v1/pods?service=sidecar&size=1&page=2");
    expect(body).toMatchObject({ total: 3, page: 2, size: 1, everywhere: true });
  });

  it.each([
    ["GET", "/api/v1/pods?size=0", 400, "size"],
    ["GET", "/api/v1/pods?size=201", 400, "size"],
    ["GET", "/api/v1/pods?page=-1", 400, "page"],
    ["GET", "/api/v1/pods?page=many", 400, "page"],
    ["GET", "/api/v1/pods?sort=size", 400, "sort"],
    ["GET", "/api/v1/pods?health=fine", 400, "health"],
    ["GET", "/api/v1/pods?namespace=%3Cscript%3E", 400, "namespace"],
    ["GET", `/api/v1/pods?search=${"x".repeat(300)}`, 400, "search"],
    ["GET", "/api/v1/namespaces/demo/pods/-x", 400, "name"],
    ["GET", "/api/v1/namespaces/..%2F/pods/x", 400, "namespace"],
    ["GET", "/api/v1/namespaces/demo/pods/gone", 404, "there is no pod demo/gone"],
    ["GET", `/api/v1/namespaces/demo/pods/${"n".repeat(253)}`, 404, "there is no pod demo/nnn"],
    ["GET", "/api/v1/namespaces/demo/pods/unrelated", 404, "mounts no dataset"],
    ["GET", "/api/v1/namespaces/demo/datasets/gone", 404, "there is no dataset demo/gone"],
    ["GET", "/api/v1/secrets", 404, "nothing at GET /api/v1/secrets"],
    ["GET", "/../package.json", 404, "nothing at"],
    ["DELETE", "/api/v1/pods", 404, "nothing at DELETE"],
    ["PUT", "/api/v1/why", 404, "nothing at PUT"],
  ])("answers %s %s with %i", async (method, path, status, message) => {
    const response = await fetch(served.url + path, { method });
    const body = Object(await response.json());
    expect([response.status, body.message]).toEqual([status, expect.stringContaining(message)]);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it.each([
    [{}, 400, "give a manifest"],
    [{ manifest: "" }, 400, "manifest"],
    [{ manifest: "kind: [" }, 400, "line:1:"],
    [{ manifest: `kind: Pod\n#${"x".repeat(64 * 1024)}` }, 400, "too large to be shown, 64 KiB at most"],
    [{ manifest: "just words" }, 400, "is not a Kubernetes object"],
    [{ manifest: "# nothing" }, 400, "no Kubernetes object"],
    [{ manifest: `${manifest("imagenet")}\n---\n`.repeat(51) }, 400, "51 objects are too many"],
    [{ manifest: "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: x}" }, 400, "has no spec.template"],
    [{ manifest: manifest("imagenet"), namespace: "No!" }, 400, "namespace"],
    [{ manifest: 7, more: 1 }, 400, "must NOT have additional properties"],
    [{ kind: "Secret", namespace: "demo", name: "x" }, 400, "kind"],
    [{ kind: "Job", namespace: "demo", name: "gone" }, 404, "there is no Job demo/gone"],
  ])("answers why %j with %i", async (question, status, message) => {
    const { status: got, body } = await served.post("/api/v1/why", question);
    expect([got, body["message"]]).toEqual([status, expect.stringContaining(message)]);
  });

  it("takes no question that is not JSON, and none beyond measure", async () => {
    const { status } = await served.post("/api/v1/why", {}, { "content-type": "text/plain" });
    expect(status).toBe(415);
    const { status: large } = await served.post("/api/v1/why", { manifest: "x".repeat(4_000_000) });
    expect(large).toBe(413);
  });

  it("answers why as `sluice explain` does, with the pod's difference and its nodes", async () => {
    const { body } = await served.post("/api/v1/why", { manifest: manifest("imagenet") });
    const [answer] = Object(body["answers"]);
    expect(answer).toMatchObject({
      title: "Pod demo/asked",
      verdict: "injected",
      volumes: [{ volume: "data", code: "injected", client: "fluid-fuse-0" }],
      affinity: ["preferred, weight 100: fluid.io/s-demo-imagenet = true"],
      nodes: { total: 3, reachable: 3, holding: 1 },
    });
    expect(answer.nodes.shown[0]).toEqual({
      name: "node-a",
      reachable: true,
      weight: 100,
      caches: ["demo-imagenet"],
    });
    const kinds = new Set(answer.diff.map(({ kind }: { kind: string }) => kind));
    expect(kinds).toEqual(new Set(["same", "added", "removed", "gap"]));
    expect(answer.sections.map(({ heading }: { heading: string }) => heading)).toContain(
      "What is changed, and why",
    );
  });

  it("answers why a pod is refused, and that a ConfigMap makes no pods", async () => {
    const config = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } });
    const { body } = await served.post("/api/v1/why", { manifest: `${manifest("speech")}\n---\n${config}` });
    const [refused, none] = Object(body["answers"]);
    expect(refused).toMatchObject({
      verdict: "rejected",
      diff: [],
      sections: [{ heading: "Why it is refused" }, { heading: "Volumes" }, { heading: "Notes" }],
    });
    expect(refused.nodes).toBeUndefined();
    expect(none.headline).toBe("unchanged: a ConfigMap makes no pods");
  });

  it("tells of a pod by name what would be done with it as it was made", async () => {
    const { body } = await served.post("/api/v1/why", { kind: "Pod", namespace: "demo", name: "missed" });
    const [answer] = Object(body["answers"]);
    expect(answer.verdict).toBe("injected");
    expect(JSON.stringify(answer.diff)).not.toContain('"status:"');
  });

  it("sums up in the overview what the lists say", async () => {
    const { body } = await served.get("/api/v1/overview");
    expect(body).toMatchObject({
      pods: { total: 5, sidecar: 3, csi: 1, missed: 1, on: 2, off: 1, unplaced: 2, health: { bad: 1 } },
      datasets: { total: 5, ready: 4 },
      moreProblems: 0,
    });
    expect(Object(body["problems"]).map(({ kind, name }: Record<string, string>) => [kind, name])).toEqual([
      ["dataset", "speech"],
      ["pod", "missed"],
    ]);
    expect(Object(body["hours"])).toHaveLength(24);
  });

  it("shows what else there is where refusals cannot be read", async () => {
    const away = await serveConsole({
      change: (data) => ({
        ...data,
        refusals: async () => {
          throw new ApiError("no answer for 5 s");
        },
      }),
    });
    const { status, body } = await away.get("/api/v1/overview");
    await away.close();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      datasets: { total: 5 },
      refusalsHidden: "refusals cannot be read now: no answer for 5 s",
    });
  });

  it("sends nothing again that has not changed", async () => {
    const first = await served.get("/api/v1/pods");
    const tag = first.headers.get("etag") ?? "";
    const again = await served.get("/api/v1/pods", { "if-none-match": tag });
    expect([again.status, again.text]).toEqual([304, ""]);
    served.put(plainPod("driver", { labels: { "sluice.io/inject": "false" }, node: "node-b" }));
    const changed = await served.get("/api/v1/pods", { "if-none-match": tag });
    expect(changed.status).toBe(200);
    served.put(plainPod("driver", { labels: { "sluice.io/inject": "false" }, node: "node-a" }));
  });

  it("is described by an OpenAPI document that names every path, question and answer", async () => {
    const { body } = await served.get("/openapi.json");
    const paths = Object(body["paths"]);
    expect(Object.keys(paths).sort()).toEqual([
      "/api/v1/datasets",
      "/api/v1/namespaces/{namespace}/datasets/{name}",
      "/api/v1/namespaces/{namespace}/pods/{name}",
      "/api/v1/overview",
      "/api/v1/pods",
      "/api/v1/session",
      "/api/v1/why",
    ]);
    const parameters = paths["/api/v1/pods"].get.parameters.map(({ name }: { name: string }) => name);
    expect(parameters).toEqual(expect.arrayContaining(["search", "sort", "page", "size", "health"]));
    for (const path of Object.values<Record<string, { responses: object }>>(paths))
      for (const { responses } of Object.values(path))
        expect(Object.keys(responses)).toEqual(["200", "400", "401", "403", "404", "503"]);
    expect(body["openapi"]).toBe("3.0.3");
  });
});

describe("what somebody may see", () => {
  let served: ServedConsole;
  beforeAll(async () => {
    const access = accessOf((user, { namespace, resource, verb }) => {
      if (user === "member") return namespace === "demo" && verb !== "create" && resource !== "daemonsets";
      if (user === "maker") return namespace === "demo";
      return user === "operator";
    });
    served = await serveConsole({ access });
    served.put(injectedPod(served.data.view, "our-pod", { node: "node-a" }));
    served.put(plainPod("theirs", { namespace: "secret-team", claim: "imagenet" }));
  });
  afterAll(() => served.close());
  const as = (user: string) => ({ authorization: `Bearer ${user}` });

  it.each([
    ["operator", true, 5],
    ["member", false, 5],
    ["nobody", false, 0],
  ])("is for %s everything: %s, and %i datasets", async (user, everywhere, datasets) => {
    const session = await served.get("/api/v1/session", as(user));
    expect(session.body).toMatchObject({ user, everywhere });
    const { body } = await served.get("/api/v1/datasets", as(user));
    expect(body["total"]).toBe(datasets);
  });

  it.each(["session", "overview", "pods", "datasets", "pods?search=theirs", "pods?namespace=secret-team"])(
    "leaks nothing by %s",
    async (path) => {
      const { text } = await served.get(`/api/v1/${path}`, as("nobody"));
      expect(text).not.toMatch(/demo|secret-team|our-pod|theirs|imagenet|node-a/);
      const { text: told } = await served.get(`/api/v1/${path}`, as("member"));
      expect(told).not.toMatch(/secret-team|theirs/);
    },
  );

  it.each([
    ["namespaces/secret-team/pods/theirs", "you may not list pods in namespace secret-team"],
    ["namespaces/secret-team/pods/none-such", "you may not list pods in namespace secret-team"],
    ["namespaces/secret-team/datasets/x", "you may not list datasets.data.fluid.io in namespace secret-team"],
  ])("answers the same for what is there and what is not: %s", async (path, message) => {
    const { status, body } = await served.get(`/api/v1/${path}`, as("member"));
    expect([status, body["message"]]).toEqual([403, expect.stringContaining(message)]);
  });

  it("tells names of nodes only to who may list them", async () => {
    const path = "/api/v1/namespaces/demo/datasets/imagenet";
    expect((await served.get(path, as("operator"))).body).toMatchObject({ nodeNames: ["node-a"] });
    expect((await served.get(path, as("member"))).body).toMatchObject({
      nodeNames: [],
      nodes: 1,
      nodesHidden: "you may not list nodes",
    });
  });

  it.each([
    ["operator", "demo", 200],
    ["maker", "demo", 200],
    ["maker", "secret-team", 403],
    ["member", "demo", 403],
    ["nobody", "demo", 403],
  ])("lets %s ask why in namespace %s: %i", async (user, namespace, status) => {
    const question = { manifest: manifest("imagenet", namespace) };
    const { status: got, body } = await served.post("/api/v1/why", question, as(user));
    expect(got).toBe(status);
    if (status === 403) expect(body["message"]).toContain(`pods in namespace ${namespace}`);
    if (status !== 200) return;
    const [answer] = Object(body["answers"]);
    const told = JSON.stringify(answer.sections);
    // By which one learns of the nodes that a pod could reach.
    expect(told.includes("no older node is known that the pod can reach")).toBe(user === "operator");
    expect(told).toContain("native sidecars: ");
    expect(answer.nodesHidden).toBe(user === "operator" ? undefined : "you may not list nodes");
  });
});

describe("a console without tokens", () => {
  it.each([
    ["localhost:8090", 200],
    ["127.0.0.1", 200],
    ["[::1]:8090", 200],
    ["evil.example", 403],
    ["localhost.evil.example", 403],
  ])("answers host %j with %i", async (host, status) => {
    const served = await serveConsole({ localOnly: true });
    try {
      const { request } = await import("node:http");
      const got = await new Promise<number | undefined>((resolve, reject) => {
        request(`${served.url}/api/v1/session`, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
      expect(got).toBe(status);
    } finally {
      await served.close();
    }
  });
});
