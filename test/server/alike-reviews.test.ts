import { describe, expect, it } from "vitest";
import { decide } from "../../src/admission/decide.ts";
import { WitnessedView } from "../../src/admission/witnessed-view.ts";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { AlikeReviews, type KnownAnswer } from "../../src/server/alike-reviews.ts";
import { createAnswerer } from "../../src/server/answer-text.ts";
import { createTextReader } from "../../src/server/review-text.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { reviewOf } from "../support/review-builder.ts";

const uids = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"] as const;
const objects = objectsOf(fluidDataset("data"));

/** A replica as the API server sends it: without a name yet, with the token's volume under a random one. */
function replica(token: string, volume = "data") {
  const mounts = [
    { name: volume, mountPath: "/data" },
    { name: token, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
  ];
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { generateName: "web-", namespace: "default", labels: { "sluice.io/inject": "true" } },
    spec: {
      containers: [{ name: "app", volumeMounts: mounts }],
      volumes: [
        { name: volume, persistentVolumeClaim: { claimName: "data" } },
        { name: token, projected: { sources: [] } },
      ],
    },
  };
}

/** The pod number `index` of a StatefulSet. */
function statefulPod(index: number) {
  const name = `train-${index}`;
  const { metadata, spec, ...rest } = replica("kube-api-access-aaaaa");
  const labels = {
    ...metadata.labels,
    "apps.kubernetes.io/pod-index": String(index),
    "statefulset.kubernetes.io/pod-name": name,
  };
  const managedFields = [{ manager: "kube-controller-manager", time: `2026-11-20T09:30:0${index}Z` }];
  return {
    ...rest,
    metadata: { name, generateName: "train-", namespace: "default", labels, managedFields },
    spec: { ...spec, securityContext: {}, hostname: name },
  };
}

/** The pod number `index` of an indexed Job. */
function indexedPod(index: number) {
  const { metadata, spec, ...rest } = replica(`kube-api-access-aaaa${index}`);
  const number = { "batch.kubernetes.io/job-completion-index": String(index) };
  return {
    ...rest,
    metadata: {
      generateName: `train-${index}-`,
      namespace: "default",
      labels: { ...metadata.labels, ...number },
      annotations: number,
    },
    spec: { ...spec, securityContext: {}, hostname: `train-${index}` },
  };
}

const account = { namespace: "default", name: "other", imagePullSecrets: [] };

const reviewText = (object: object, uid: string): string => JSON.stringify(reviewOf(object, { uid }));

/** An answerer over objects that a test may exchange, and how often it has decided. */
function answerer(first: ClusterObjects = objects, config = defaultConfig) {
  const state = { view: clusterOf(first), decided: 0 };
  const cluster = {
    get view() {
      return state.view;
    },
    refresh: async () => false,
    close: async () => {},
  };
  const answer = createAnswerer({
    cluster,
    config,
    onError: (error) => {
      throw error;
    },
    decide: (...asked) => {
      state.decided += 1;
      return decide(...asked);
    },
  });
  const ask = async (object: object, uid: string = uids[0]) => {
    const { json, outcome } = await answer(reviewText(object, uid), 1_000);
    return { response: JSON.parse(String(json)).response, outcome };
  };
  return { state, ask, answer };
}

describe("reviews of replicas", () => {
  it("are decided about twice, and answered under their own uids", async () => {
    const { state, ask } = answerer();
    await ask(replica("kube-api-access-xxxxx"));
    const first = await ask(replica("kube-api-access-aaaaa"), uids[0]);
    const second = await ask(replica("kube-api-access-bbbbb"), uids[1]);
    expect(state.decided).toBe(2);
    expect(first.response).toMatchObject({ uid: uids[0], allowed: true, patch: expect.any(String) });
    expect(second.response).toEqual({ ...first.response, uid: uids[1] });
    expect(first.outcome.alike).toBe(false);
    expect(second.outcome).toEqual({ ...first.outcome, uid: uids[1], alike: true });
  });

  it("are decided about anew when the cluster has changed in what was asked of it, and only then", async () => {
    const { state, ask } = answerer();
    for (const token of ["kube-api-access-aaaaa", "kube-api-access-bbbbb"]) await ask(replica(token));
    const before = state.view;
    state.view = { ...before, serviceAccount: () => account };
    await ask(replica("kube-api-access-ccccc"));
    expect(state.decided).toBe(2);
    state.view = { ...before, dataset: () => undefined };
    const { response } = await ask(replica("kube-api-access-ddddd"));
    expect(response).toMatchObject({ allowed: false });
    expect(state.decided).toBeGreaterThan(2);
  });

  it("are decided about each time as long as they are refused", async () => {
    const { state, ask } = answerer({ ...objects, datasets: [] });
    for (let time = 0; time < 3; time++) await ask(replica("kube-api-access-aaaaa"));
    const { decided } = state;
    await ask(replica("kube-api-access-aaaaa"));
    expect(state.decided).toBe((decided / 3) * 4);
  });

  it.each([
    ["a StatefulSet", statefulPod],
    ["an indexed Job", indexedPod],
  ])("of %s are alike but for name and number, and told of by their own names", async (_, podOf) => {
    const { state, ask } = answerer();
    for (const index of [0, 1]) await ask(podOf(index));
    const { outcome, response } = await ask(podOf(2), uids[1]);
    expect(state.decided).toBe(2);
    expect(response).toMatchObject({ uid: uids[1], allowed: true, patch: expect.any(String) });
    expect(outcome).toMatchObject({ alike: true, pod: expect.stringMatching(/^train-2/) });
  });

  it("are told apart by a number that the configuration reads", async () => {
    const marks = [{ kind: "label", key: "apps.kubernetes.io/pod-index", value: "2" }];
    const config = parseConfig({ platforms: { mine: { like: "eklet", recognition: { marks } } } });
    const { state, ask } = answerer(objects, config);
    for (const index of [0, 1, 2]) await ask(statefulPod(index));
    expect(state.decided).toBe(3);
  });

  it.each([
    ["another label", { labels: { "sluice.io/inject": "true", app: "x" } }],
    ["another annotation", { annotations: { "sluice.io/cache-affinity": "none" } }],
    ["another namespace", { namespace: "other" }],
  ])("%s makes another pod", async (_, metadata) => {
    const { state, ask } = answerer();
    const pod = replica("kube-api-access-aaaaa");
    for (let time = 0; time < 3; time++) await ask(pod);
    expect(state.decided).toBe(2);
    await ask({ ...pod, metadata: { ...pod.metadata, ...metadata } });
    expect(state.decided).toBeGreaterThan(2);
  });
});

describe("AlikeReviews", () => {
  const view = clusterOf(objects);
  const known = (body: string): KnownAnswer => ({
    body: Buffer.from(body),
    outcome: {
      namespace: "default",
      operation: "CREATE",
      verdict: "injected",
      code: "injected",
      codes: [],
      dryRun: false,
    },
  });
  const textOf = (label: string) => {
    const pod = replica("kube-api-access-aaaaa");
    const text = createTextReader()(reviewText({ ...pod, label }, uids[0]));
    if (text === undefined) throw new Error("no review");
    return text;
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  it.each([
    ["in the patch", known("x"), base64('{"name":"kube-api-access-aaaaa"}')],
    ["in a warning", known("volume kube-api-access-aaaaa"), base64("[]")],
  ])("keeps no answer that names the pod's own volume %s", (_, answer, patch) => {
    const alike = new AlikeReviews();
    for (let time = 0; time < 2; time++) alike.remember(textOf("a"), answer, patch, new WitnessedView(view));
    expect(alike.recall(textOf("a"), view)).toBeUndefined();
  });

  it("forgets the answer that was not given for longest", () => {
    const alike = new AlikeReviews(2);
    const remember = (label: string) => {
      for (let time = 0; time < 2; time++)
        alike.remember(textOf(label), known(label), base64("[]"), new WitnessedView(view));
    };
    remember("a");
    remember("b");
    expect(alike.recall(textOf("a"), view)?.body.toString()).toBe("a");
    remember("c");
    expect(alike.recall(textOf("b"), view)).toBeUndefined();
    expect(alike.recall(textOf("a"), view)?.body.toString()).toBe("a");
    expect(alike.recall(textOf("c"), view)?.body.toString()).toBe("c");
  });

  it("holds no more than its bytes allow, however large the answers are", () => {
    const alike = new AlikeReviews(256, 50_000);
    for (let label = 0; label < 20; label++)
      for (let time = 0; time < 3; time++) {
        const answer = known("x".repeat(10_000));
        alike.remember(textOf(String(label)), answer, base64("[]"), new WitnessedView(view));
        expect(alike.bytes).toBeLessThanOrEqual(50_000);
      }
    expect(alike.bytes).toBeGreaterThan(30_000);
    expect(alike.recall(textOf("19"), view)?.body.length).toBe(10_000);
    expect(alike.recall(textOf("0"), view)).toBeUndefined();
    const { bytes } = alike;
    alike.recall(textOf("19"), view);
    expect(alike.bytes).toBe(bytes);
  });

  it("counts what a decision has asked the cluster", () => {
    const [few, many] = [0, 1_000].map((asked) => {
      const alike = new AlikeReviews();
      const witness = new WitnessedView(view);
      for (let time = 0; time < asked; time++) witness.nodeCount();
      for (let time = 0; time < 2; time++) alike.remember(textOf("a"), known("x"), base64("[]"), witness);
      return alike.bytes;
    });
    expect(Number(many) - Number(few)).toBeGreaterThan(50_000);
  });

  it("forgets an answer for which the cluster tells otherwise, with its bytes", () => {
    const alike = new AlikeReviews();
    const witness = new WitnessedView(view);
    witness.nodeCount();
    for (let time = 0; time < 2; time++) alike.remember(textOf("a"), known("x"), base64("[]"), witness);
    expect(alike.bytes).toBeGreaterThan(0);
    expect(alike.recall(textOf("a"), { ...view, nodeCount: () => 7 })).toBeUndefined();
    expect(alike.bytes).toBe(0);
  });

  it("remembers nothing of a question that comes once, or again only after many others", () => {
    const alike = new AlikeReviews();
    const remember = (label: string) =>
      alike.remember(textOf(label), known(label), base64("[]"), new WitnessedView(view));
    for (const label of ["a", ...Array.from({ length: 32 }, (_, other) => String(other)), "a"])
      remember(label);
    expect(alike.recall(textOf("a"), view)).toBeUndefined();
    remember("a");
    expect(alike.recall(textOf("a"), view)?.body.toString()).toBe("a");
  });
});
