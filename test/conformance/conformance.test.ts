import { rm } from "node:fs/promises";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { defaultConfig } from "../../src/config.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";
import { judge, type Outcome, outcomeOf } from "./allowed-difference.ts";
import { allowedDifferences } from "./differences.ts";
import type { Manifest } from "./manifests.ts";
import { haveRecordings, type RecordedCase, recordedCases, recordedClusters } from "./recorded-cases.ts";

const fluidsPath = "/mutate-fluid-io-v1alpha1-schedulepod?timeout=5s";

/** Where a case is asked about: a server with Fluid's settings, over the cluster that Fluid saw. */
interface World {
  readonly server: TestServer;
  /** One that believes, as Fluid does, that a reference dataset's ConfigMaps and Secrets are where they are needed. */
  readonly believing: TestServer;
  readonly objects: readonly Manifest[];
}

/** What is read of an answer. */
interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

describe("the answers of Fluid's own webhook, recorded on a real API server", () => {
  const { cases, notSent, notComparable } = recordedCases();
  const used = new Map<string, ReadonlySet<string>>();
  const worlds = new Map<RecordedCase, World>();
  const closing: (() => Promise<void>)[] = [];

  if (!haveRecordings) it.skip("the recordings are not at hand: nothing is compared");

  beforeAll(async () => {
    if (!haveRecordings) return;
    for (const { folder, objects, cases: inIt } of recordedClusters(cases)) {
      const cluster = await openManifestCluster(folder, { follow: false });
      closing.push(
        () => cluster.close(),
        () => rm(folder, { recursive: true }),
      );
      for (const sidecar of new Set(inIt.map((recorded) => recorded.sidecar))) {
        const server = await startTestServer({ cluster, config: { sidecar } });
        const references = { ...defaultConfig.references, missingObjects: "warn" as const };
        const believing = await startTestServer({ cluster, config: { sidecar, references } });
        closing.unshift(
          () => server.stop(),
          () => believing.stop(),
        );
        for (const recorded of inIt)
          if (recorded.sidecar === sidecar) worlds.set(recorded, { server, believing, objects });
      }
    }
  });

  afterAll(async () => {
    for (const close of closing) await close();
  });

  it.each(cases.map((recorded) => [recorded.name, recorded] as const))("%s", async (name, recorded) => {
    const outcome = await ask(recorded);
    const { used: entries, complaints } = judge(outcome, allowedDifferences);
    used.set(name, entries);
    expect(complaints.join("\n"), "differences that are not on the list").toBe("");
    if (outcome.ours !== undefined) await expectNothingToDo(recorded, outcome.ours);
  });

  it.runIf(haveRecordings)("every entry of the list is needed", () => {
    const all = new Set([...used.values()].flatMap((ids) => [...ids]));
    const recorded = allowedDifferences.filter(({ notRecorded }) => notRecorded !== true);
    expect(recorded.map(({ id }) => id).filter((id) => !all.has(id))).toEqual([]);
    const agreeing = cases.filter(({ name }) => used.get(name)?.size === 0).length;
    const unbuilt = new Set(
      allowedDifferences.flatMap(({ id, kind }) => (kind === "not built yet" ? [id] : [])),
    );
    const lacking = cases.filter(({ name }) =>
      [...(used.get(name) ?? [])].some((id) => unbuilt.has(id)),
    ).length;
    const parts = [
      `${agreeing} cases agree`,
      `${cases.length - agreeing} differ as listed (${lacking} of them in what is not built yet)`,
      `${notSent.length} were not sent to Fluid's webhook`,
      `${notComparable.length} ran with settings that Sluice has not`,
    ];
    console.log(`conformance with Fluid: ${parts.join(", ")}`);
  });

  async function ask(recorded: RecordedCase): Promise<Outcome> {
    const { server, believing, objects } = worldOf(recorded);
    const { object } = recorded.review.request;
    const response = await post(recorded, recorded.review, server);
    if (response.allowed) return outcomeOf(recorded, patched(object, response), "", objects);
    const again = await post(recorded, recorded.review, believing);
    if (again.allowed) return outcomeOf(recorded, patched(object, again), refusalOf(response), objects);
    return outcomeOf(recorded, undefined, refusalOf(again), objects);
  }

  /** The API server calls again when another plugin has changed the pod. */
  async function expectNothingToDo(recorded: RecordedCase, pod: Pod): Promise<void> {
    const { review } = recorded;
    const { believing } = worldOf(recorded);
    const again = await post(recorded, { ...review, request: { ...review.request, object: pod } }, believing);
    expect(again.status?.message ?? "").toBe("");
    expect(again.allowed).toBe(true);
    expect(operations(again)).toEqual([]);
  }

  async function post(recorded: RecordedCase, review: unknown, server: TestServer): Promise<Response> {
    const { status, body, text } = await server.post(review, fluidsPath);
    if (status !== 200 || !isReview(body)) throw new Error(`HTTP ${status}: ${text}`);
    expect(body.response.uid).toBe(recorded.review.request.uid);
    return body.response;
  }

  function worldOf(recorded: RecordedCase): World {
    const world = worlds.get(recorded);
    if (world === undefined) throw new Error(`no server for case ${recorded.name}`);
    return world;
  }
});

function isReview(body: unknown): body is { response: Response } {
  return typeof body === "object" && body !== null && "response" in body;
}

function refusalOf({ status, auditAnnotations }: Response): string {
  return `${status?.code} ${auditAnnotations?.["reasons"]}: ${status?.message}`;
}

function operations({ patch }: Response): Operation[] {
  return patch === undefined ? [] : JSON.parse(Buffer.from(patch, "base64").toString());
}

function patched(pod: Pod, response: Response): Pod {
  return fjp.applyPatch(structuredClone(pod), operations(response), true).newDocument;
}
