import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiError } from "../../src/cluster/api-error.ts";
import type { RawObject } from "../../src/cluster/raw-fields.ts";
import type { WhyAnswer } from "../../src/console/api-types.ts";
import { injectedPod, plainPod } from "./injected-pod.ts";
import { accessOf, type ServedConsole, serveConsole } from "./serve-console.ts";

/** Everybody may do what the operator may, but for the verb and resource of their own name: "list-nodes". */
const access = accessOf((user, { verb, resource }) => user !== `${verb}-${resource}`);

describe("the console's why of an object that is named", () => {
  let served: ServedConsole;
  /** What the API server fails to answer. */
  const failing = new Set<string>();
  const gone = new Set<string>();
  beforeAll(async () => {
    served = await serveConsole({
      access,
      change: (data) => ({
        ...data,
        podEvents: async () => {
          if (failing.has("events")) throw new ApiError("no answer for 5 s");
          const missing = 'MountVolume.SetUp failed for volume "login": secret "registry" not found';
          return [{ type: "Warning", reason: "Failed", message: missing, count: 1, source: "kubelet" }];
        },
        readNode: async (name) => (gone.has(name) ? undefined : data.readNode(name)),
        readSome: async (...asked) => ({
          ...(await data.readSome(...asked)),
          more: failing.has("long lists"),
        }),
      }),
    });
  });
  afterAll(() => served.close());
  beforeEach(() => {
    failing.clear();
    gone.clear();
  });

  async function ask(kind: string, name: string, user = "operator") {
    const question = { kind, namespace: "demo", name };
    const { status, body } = await served.post("/api/v1/why", question, { authorization: `Bearer ${user}` });
    return { status, body, answer: Object(body["answers"] ?? [])[0] satisfies WhyAnswer };
  }
  const linesOf = (answer: WhyAnswer, heading: string) =>
    answer.stands?.sections
      .find((section) => section.heading === heading)
      ?.entries.flatMap(({ head, body }) => [head, ...body]) ?? [];
  const drift = "In what it differs from what would be decided now";
  const made = (name: string) => injectedPod(served.data.view, name, { node: "node-a" });

  it("tells of a pod that is well how it stands, and what it would be made like", async () => {
    served.put(made("well"));
    const { answer } = await ask("Pod", "well");
    expect(answer.stands).toMatchObject({
      title: "Pod demo/well",
      headline: expect.stringMatching(
        /^injected \(sidecar mode, native sidecar, platform kubernetes, by ver/,
      ),
      level: "well",
      pods: [],
      unseen: ["logs of clients, which sluice explain pod/NAME reads"],
    });
    expect(linesOf(answer, "Where it runs")).toEqual([
      "node node-a is ready",
      "it holds the cache of Dataset demo/imagenet (fluid.io/s-demo-imagenet)",
    ]);
    expect(linesOf(answer, "Clients")[0]).toMatch(/^fluid-fuse-0, claim imagenet: serving/);
    expect(linesOf(answer, drift)).toEqual(["in nothing: it would come out the same"]);
    expect(answer).toMatchObject({ title: "Pod demo/well", verdict: "injected", nodes: { holding: 1 } });
    const added = answer.diff.filter(({ kind }: { kind: string }) => kind === "added");
    expect(added.map(({ text }: { text: string }) => text.trim())).toContain("- name: fluid-fuse-0");
  });

  it("tells what has changed since: the client's image and the sizes", async () => {
    const pod = structuredClone(made("old"));
    for (const container of Object(pod["spec"]).initContainers)
      if (container.name === "fluid-fuse-0") {
        container.image = "alluxio:old";
        container.resources = { requests: { cpu: "7" } };
      }
    served.put(pod);
    const { answer } = await ask("Pod", "old");
    expect(answer.stands.level).toBe("look");
    expect(linesOf(answer, drift)).toEqual([
      expect.stringMatching(/^client fluid-fuse-0: its image is alluxio:old, and the template's is \S+ now$/),
      expect.stringMatching(/^client fluid-fuse-0: its resources would be different now/),
    ]);
  });

  it("tells why a client does not come up, with the remedy, by its status and its Events", async () => {
    const pod = structuredClone(made("stuck"));
    for (const status of Object(pod["status"]).initContainerStatuses)
      if (status.name === "fluid-fuse-0")
        Object.assign(status, {
          ready: false,
          started: false,
          state: { waiting: { reason: "PodInitializing" } },
        });
    served.put(pod);
    const { answer } = await ask("Pod", "stuck");
    expect(answer.stands.level).toBe("bad");
    expect(linesOf(answer, "Clients").join("\n")).toMatch(
      /waiting \(secret-missing\)\n.*registry[\s\S]*\nRemedy: copy Secret registry/,
    );
  });

  it("tells of no object so large that everybody else would wait for it", async () => {
    const pod = structuredClone(made("large"));
    for (const container of Object(pod["spec"]).containers)
      container.env = Array.from({ length: 20_000 }, (_, at) => ({ name: `E${at}`, value: "v" }));
    served.put(pod);
    const { status, body } = await ask("Pod", "large");
    expect([status, body["message"]]).toEqual([400, expect.stringMatching(/^Pod demo\/large is too large/)]);
  });

  it("tells of a pod that was missed that it would get a client now", async () => {
    served.put(plainPod("missed", { labels: { "sluice.io/inject": "true" } }));
    const { answer } = await ask("Pod", "missed");
    expect(answer.stands).toMatchObject({ headline: "not injected", level: "bad", unseen: [] });
    expect(linesOf(answer, drift)).toEqual([
      expect.stringContaining("it has no client, and would get one now"),
    ]);
  });

  it.each(["sluice.io/status", "the claims in it"])("says what is not known without %s", async (lost) => {
    const pod = structuredClone(made("copied"));
    Object(pod["metadata"]).annotations = lost === "sluice.io/status" ? {} : { "sluice.io/status": "[{" };
    served.put(pod);
    const { answer, status } = await ask("Pod", "copied");
    expect(status).toBe(200);
    expect(answer).toMatchObject({ headline: "not known", verdict: "unchanged", diff: [], sections: [] });
    expect(linesOf(answer, drift)).toEqual([
      "not known: volume data shows what fluid-fuse-0 mounts, and sluice.io/status does not name its claim",
    ]);
  });

  it("tells of a workload its next pod, and those that differ as a whole", async () => {
    const { metadata, spec } = Object(plainPod("any", { labels: { app: "web" } }));
    const selector = { matchLabels: { app: "web" } };
    const template = { metadata: { labels: metadata.labels }, spec };
    const deployment: RawObject = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "demo" },
      spec: { selector, template },
    };
    served.put(deployment);
    failing.add("long lists");
    const { answer } = await ask("Deployment", "web");
    expect(answer.title).toBe("Deployment demo/web");
    expect(answer.stands.headline).toMatch(/^\d+ pods, \d+ of them injected$/);
    expect(answer.stands.pods.map(({ title }: { title: string }) => title)).toContain("Pod demo/stuck");
    expect(answer.stands.level).toBe("bad");
    expect(answer.stands.unseen).toContainEqual(expect.stringMatching(/^more pods than the first \d+$/));
  });

  it.each([
    ["list-nodes", "you may not list nodes", "node node-a could not be read, or is gone"],
    ["list-events", "you may not list events in namespace demo", "node node-a is ready"],
  ])("leaves out what %s may not, and says so", async (user, unseen, where) => {
    const { answer } = await ask("Pod", "well", user);
    expect(answer.stands.unseen).toContain(unseen);
    expect(linesOf(answer, "Where it runs")[0]).toBe(where);
    if (user === "list-nodes") expect(JSON.stringify(answer.stands)).not.toContain("holds the cache");
    if (user === "list-events") {
      const stuck = await ask("Pod", "stuck", user);
      expect(stuck.body).not.toEqual({});
      expect(JSON.stringify(stuck.body)).not.toContain("registry");
    }
  });

  it("shows no pods of a workload to who may not list them", async () => {
    const { answer } = await ask("Deployment", "web", "list-pods");
    expect(answer.stands).toMatchObject({ headline: "0 pods, 0 of them injected", pods: [] });
    expect(answer.stands.unseen).toEqual(["you may not list pods in namespace demo"]);
  });

  it.each(["get-pods", "get-deployments"])("tells nothing of it to %s", async (user) => {
    const [, plural] = user.split("-");
    const { status, body } = await ask(plural === "pods" ? "Pod" : "Deployment", "web", user);
    expect({ status, body }).toEqual({
      status: 403,
      body: { message: `you may not get ${plural} in namespace demo` },
    });
  });

  it("goes on when the node has gone meanwhile, and when Events cannot be read", async () => {
    gone.add("node-a");
    failing.add("events");
    const { answer } = await ask("Pod", "well");
    expect(linesOf(answer, "Where it runs")).toEqual(["node node-a could not be read, or is gone"]);
    expect(answer.stands.unseen).toContain("events in namespace demo cannot be read now: no answer for 5 s");
  });
});
