import { describe, expect, it } from "vitest";
import { answerReview } from "../../src/admission/answer.ts";
import type { Decision } from "../../src/admission/decision.ts";
import { decodeReview } from "../../src/admission/decode-review.ts";
import type { PodRequest } from "../../src/admission/pod-request.ts";
import { type Decide, podName, reviewPod } from "../../src/admission/review.ts";
import type { Cluster, ClusterView } from "../../src/cluster/cluster-view.ts";
import { defaultConfig } from "../../src/config.ts";
import type { ObjectRef } from "../../src/types/object-ref.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { annotated, referenceTo } from "../support/reference-dataset.ts";
import { reviewOf } from "../support/review-builder.ts";

const claims = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
const containers = [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }];
const asking = {
  metadata: { name: "p", labels: { "sluice.io/inject": "true" } },
  spec: { containers, volumes: claims },
};

function requestFor(pod: unknown, operation = "CREATE"): PodRequest {
  return decodeReview(reviewOf(pod, { operation })).request;
}

/** A cluster that sees `after` once it was refreshed; `hangs` never comes back from it. */
function clusterThat(before: ClusterView, after: ClusterView = before, hangs = false) {
  return clusterThatSees([before, after], hangs);
}

/** A cluster that sees the next of `views` after each refresh, and the last one from then on. */
function clusterThatSees(views: readonly [ClusterView, ...ClusterView[]], hangs = false) {
  const refreshed: { refs: readonly ObjectRef[]; budgetMs: number }[] = [];
  let seen = 0;
  let view = views[0];
  const cluster: Cluster = {
    get view() {
      return view;
    },
    refresh: (refs, budgetMs) => {
      refreshed.push({ refs, budgetMs });
      const before = view;
      seen += 1;
      view = views[seen] ?? view;
      return hangs ? new Promise(() => undefined) : Promise.resolve(view !== before);
    },
    close: () => Promise.resolve(),
  };
  return { cluster, refreshed };
}

const noError = (error: unknown) => {
  throw error;
};
const empty = clusterOf({});
const withDataset = clusterOf(objectsOf(fluidDataset("data")));

describe("a refusal is not believed on the word of the cache", () => {
  it("asks anew for a namespace that it does not know yet, when the pod has a claim", async () => {
    const pod = { metadata: { name: "p" }, spec: { containers, volumes: claims } };
    const objects = objectsOf(fluidDataset("data", "juicefs"));
    const namespaces = [{ name: "default", labels: { "sluice.io/injection": "enabled" }, annotations: {} }];
    const { cluster, refreshed } = clusterThat(clusterOf(objects), clusterOf({ ...objects, namespaces }));
    const decision = await reviewPod(requestFor(pod), cluster, defaultConfig, {
      budgetMs: 1000,
      onError: noError,
    });
    expect(decision.verdict).toBe("injected");
    expect(refreshed.map(({ refs }) => refs)).toEqual([[{ kind: "Namespace", name: "default" }]]);

    const plain = { metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } };
    const unasked = clusterThat(clusterOf(objects));
    await reviewPod(requestFor(plain), unasked.cluster, defaultConfig, { budgetMs: 1000, onError: noError });
    expect(unasked.refreshed).toEqual([]);
  });

  it("does not ask for all of very many objects: one refusal is enough", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `gone-${index}`);
    const volumes = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
    const { cluster, refreshed } = clusterThat(empty);
    const pod = { ...asking, spec: { containers, volumes: [...claims, ...volumes] } };
    const decision = await reviewPod(requestFor(pod), cluster, defaultConfig, {
      budgetMs: 1_000,
      onError: noError,
    });
    expect(decision.verdict).toBe("rejected");
    expect(refreshed.map(({ refs }) => refs.length)).toEqual([100]);
  });

  it("what it rests on is read fresh, and the pod is decided about once more (W20)", async () => {
    const { cluster, refreshed } = clusterThat(empty, withDataset);
    const decision = await reviewPod(requestFor(asking), cluster, defaultConfig, {
      budgetMs: 4_000,
      onError: noError,
    });
    expect(decision.verdict).toBe("injected");
    expect(refreshed).toEqual([
      { refs: [{ kind: "PersistentVolumeClaim", namespace: "default", name: "data" }], budgetMs: 1_500 },
    ]);
  });

  it("it is not believed while the API server does not answer", async () => {
    const { cluster } = clusterThat(clusterOf({}));
    const review = (doubt: boolean) =>
      reviewPod(requestFor(asking), { ...cluster, doubts: () => doubt }, defaultConfig, {
        budgetMs: 1000,
        onError: noError,
      });
    const unsure = await review(true);
    expect(unsure.verdict).toBe("rejected");
    expect(unsure.unsure).toMatch(/did not answer when PersistentVolumeClaim default\/data/);
    expect((await review(false)).unsure).toBeUndefined();
  });

  it("it says so where Sluice may not read what it rests on", async () => {
    const { cluster } = clusterThat(clusterOf({}));
    const options = { budgetMs: 1000, onError: noError };
    const denied = (refs: readonly ObjectRef[]) => refs[0];
    const decision = await reviewPod(requestFor(asking), { ...cluster, denied }, defaultConfig, options);
    expect(decision).toMatchObject({ verdict: "rejected", edits: [] });
    expect(decision.findings[0]).toMatchObject({
      code: "may-not-read",
      message: expect.stringMatching(
        /^Sluice may not read PersistentVolumeClaim default\/data: apply the chart/,
      ),
    });
    expect(decision.findings[0]?.message.length).toBeLessThan(200);
    expect(JSON.stringify(decision)).not.toContain("does not exist");
    expect(decision.volumes.map(({ code }) => code)).toEqual(["may-not-read"]);
    const answer = answerReview(decodeReview(reviewOf(asking)), decision);
    expect(answer.response.status?.code).toBe(500);
  });

  it("nor is what refuses a pod in csi mode, where nothing else is waited for", async () => {
    const owner = fluidDataset("data", "juicefs", "owner");
    const key = "sluice.io/referable-from";
    const ofOwner = (names: string) =>
      objectsOf(annotated(owner, { [key]: names }), referenceTo(owner, "ref", "default"));
    const pod = {
      metadata: { name: "p", labels: { "fuse.serverful.fluid.io/inject": "true" } },
      spec: { containers, volumes: [{ name: "data", persistentVolumeClaim: { claimName: "ref" } }] },
    };
    const before = clusterOf(ofOwner(""));
    const { cluster, refreshed } = clusterThat(before, clusterOf(ofOwner("default")));
    const options = { budgetMs: 4_000, onError: noError };
    expect(
      (await reviewPod(requestFor(pod), clusterThat(before).cluster, defaultConfig, options)).verdict,
    ).toBe("rejected");
    expect((await reviewPod(requestFor(pod), cluster, defaultConfig, options)).verdict).toBe("injected");
    expect(refreshed.flatMap(({ refs }) => refs)).toContainEqual({
      kind: "Dataset",
      namespace: "owner",
      name: "data",
    });
  });

  it("it stands when nothing has changed", async () => {
    const { cluster, refreshed } = clusterThat(empty);
    const decision = await reviewPod(requestFor(asking), cluster, defaultConfig, {
      budgetMs: 4_000,
      onError: noError,
    });
    expect(decision.verdict).toBe("rejected");
    expect(decision.findings[0]?.code).toBe("claim-not-found");
    expect(refreshed).toHaveLength(1);
  });

  it("it is decided about again as long as something changes, within one budget", async () => {
    const { claims = [], persistentVolumes = [], datasets = [], ...rest } = objectsOf(fluidDataset("data"));
    const views = [
      empty,
      clusterOf({ claims }),
      clusterOf({ claims, persistentVolumes }),
      clusterOf({ claims, persistentVolumes, datasets }),
      clusterOf({ claims, persistentVolumes, datasets, ...rest }),
    ] as const;
    const { cluster, refreshed } = clusterThatSees(views);
    const decision = await reviewPod(requestFor(asking), cluster, defaultConfig, {
      budgetMs: 4_000,
      onError: noError,
    });
    expect(decision.verdict).toBe("injected");
    expect(refreshed).toHaveLength(views.length - 1);
    const budgets = refreshed.map(({ budgetMs }) => budgetMs);
    expect(budgets).toEqual([...budgets].sort((a, b) => b - a));
  });

  it("the time for all of it is limited", async () => {
    let changes = 0;
    const restless: Cluster = {
      view: empty,
      refresh: async (_, budgetMs) => {
        changes += 1;
        await new Promise((resolve) => setTimeout(resolve, Math.min(200, budgetMs)));
        return true;
      },
      close: () => Promise.resolve(),
    };
    const options = { budgetMs: 1_500, onError: noError };
    const decision = await reviewPod(requestFor(asking), restless, defaultConfig, options);
    expect(decision.verdict).toBe("rejected");
    expect(changes).toBeGreaterThan(1);
    expect(changes).toBeLessThan(12);
  });

  it("a cluster that hangs costs no more than what is left of the request's time", async () => {
    const { cluster, refreshed } = clusterThat(empty, withDataset, true);
    const started = performance.now();
    const decision = await reviewPod(requestFor(asking), cluster, defaultConfig, {
      budgetMs: 50,
      onError: noError,
    });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(decision.verdict).toBe("injected");
    expect(refreshed[0]?.budgetMs).toBe(50);
  });

  it.each([
    { name: "no time is left", pod: asking, budgetMs: 0 },
    { name: "it rests on nothing in the cluster", pod: { metadata: {}, spec: 1 }, budgetMs: 4_000 },
  ])("nothing is read when $name", async ({ pod, budgetMs }) => {
    const { cluster, refreshed } = clusterThat(empty);
    const decision = await reviewPod(requestFor(pod), cluster, defaultConfig, { budgetMs, onError: noError });
    expect(decision.verdict).toBe("rejected");
    expect(refreshed).toEqual([]);
  });

  it("nothing is read for a pod that is let go", async () => {
    const { cluster, refreshed } = clusterThat(empty);
    const pod = { metadata: {}, spec: { containers: [{ name: "app" }] } };
    const decision = await reviewPod(requestFor(pod), cluster, defaultConfig, {
      budgetMs: 4_000,
      onError: noError,
    });
    expect(decision.verdict).toBe("unchanged");
    expect(refreshed).toEqual([]);
  });
});

describe("an error in our own code", () => {
  const broken: Decide = () => {
    throw new TypeError("a planted bug");
  };
  const inNamespace = clusterOf({
    namespaces: [{ name: "default", labels: { "sluice.io/injection": "enabled" }, annotations: {} }],
  });
  const labelled = (labels: object, rest: object = {}) => ({
    metadata: { name: "p", labels, ...rest },
    spec: asking.spec,
  });
  const ephemeral = { ...asking, spec: { containers, volumes: [{ name: "data", ephemeral: {} }] } };

  it.each([
    { name: "opted in by our label", pod: asking, verdict: "rejected" },
    { name: "with an ephemeral volume", pod: ephemeral, verdict: "rejected" },
    { name: "opted in by its namespace", pod: labelled({}), view: inNamespace, verdict: "rejected" },
    {
      name: "opted in by Fluid's label",
      pod: labelled({ "serverless.fluid.io/inject": "true" }),
      verdict: "rejected",
    },
    { name: "not opted in", pod: labelled({}), verdict: "unchanged" },
    {
      name: "opted out",
      pod: labelled({ "sluice.io/inject": "false" }),
      view: inNamespace,
      verdict: "unchanged",
    },
    {
      name: "in csi mode",
      pod: labelled({ "sluice.io/inject": "true" }, { annotations: { "sluice.io/mode": "csi" } }),
      verdict: "unchanged",
    },
    {
      name: "in Fluid's csi mode",
      pod: labelled({ "fuse.serverful.fluid.io/inject": "true" }),
      verdict: "unchanged",
    },
    {
      name: "without claims",
      pod: { ...asking, spec: { containers, volumes: [{ name: "data", emptyDir: {} }] } },
      verdict: "unchanged",
    },
    { name: "that is no pod", pod: { spec: 1 }, verdict: "unchanged" },
    { name: "that is updated", pod: asking, operation: "UPDATE", verdict: "unchanged" },
  ])("a pod $name: $verdict", async ({ pod, view = empty, operation, verdict }) => {
    const errors: unknown[] = [];
    const decision = await reviewPod(requestFor(pod, operation), clusterThat(view).cluster, defaultConfig, {
      budgetMs: 4_000,
      onError: (error) => errors.push(error),
      decide: broken,
    });
    expect(decision).toMatchObject({ verdict, findings: [{ code: "internal-error" }], edits: [] });
    expect(errors).toEqual([expect.objectContaining({ message: "a planted bug" })]);
  });

  it("on the second look counts as well", async () => {
    let calls = 0;
    const refused: Decision = {
      verdict: "rejected",
      volumes: [],
      findings: [{ code: "claim-not-found", message: "", restsOn: [{ kind: "Node", name: "n" }] }],
      edits: [],
      pod: {},
    };
    const decide: Decide = () => {
      if (calls++ === 0) return refused;
      throw new Error("late");
    };
    const options = { budgetMs: 4_000, onError: () => undefined, decide };
    const decision = await reviewPod(requestFor(asking), clusterThat(empty).cluster, defaultConfig, options);
    expect(decision.findings[0]).toMatchObject({
      code: "internal-error",
      message: expect.stringMatching(
        /^pod default\/p cannot be given its datasets because of an error in Sluice: .*\(late\)$/,
      ),
    });
  });

  it("in the refresh counts as well", async () => {
    const cluster: Cluster = {
      view: empty,
      refresh: () => Promise.reject(new Error("broken cluster")),
      close: () => Promise.resolve(),
    };
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const decision = await reviewPod(requestFor(asking), cluster, defaultConfig, {
      budgetMs: 4_000,
      onError,
    });
    expect(decision.verdict).toBe("rejected");
    expect(errors).toHaveLength(1);
  });
});

it.each([
  [{ metadata: { name: "p", generateName: "g-" } }, "p"],
  [{ metadata: { generateName: "g-" } }, "g-*"],
  [{ metadata: { name: "", generateName: "" } }, ""],
  [{ metadata: { name: 1 } }, ""],
  [{ metadata: "name" }, ""],
  [null, ""],
])("podName(%j) is %j", (object, name) => {
  expect(podName(object)).toBe(name);
});
