import { rm } from "node:fs/promises";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ManifestCluster, openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";
import { judge, type Outcome, outcomeOf } from "./allowed-difference.ts";
import { allowedDifferences } from "./differences.ts";
import {
  clusterFolder,
  haveRecordings,
  type Manifest,
  type RecordedCase,
  recordedCases,
} from "./recorded-cases.ts";

const fluidsPath = "/mutate-fluid-io-v1alpha1-schedulepod?timeout=5s";

/** What is read of an answer. */
interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

describe("the answers of Fluid's own webhook, recorded on a real API server", () => {
  const { cases, notSent } = haveRecordings ? recordedCases() : { cases: [], notSent: [] };
  const used = new Map<string, Set<string>>(cases.map(({ name }) => [name, new Set()]));
  let folder: string;
  let objects: readonly Manifest[];
  let cluster: ManifestCluster;
  const servers = new Map<RecordedCase["sidecar"], TestServer>();

  it.skipIf(haveRecordings)("are not at hand: nothing is compared");

  beforeAll(async () => {
    if (!haveRecordings) return;
    ({ folder, objects } = clusterFolder(cases));
    cluster = await openManifestCluster(folder);
    for (const sidecar of ["native", "classic"] as const)
      servers.set(sidecar, await startTestServer({ cluster, config: { sidecar } }));
  });

  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
    if (!haveRecordings) return;
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  it.each(cases.map((recorded) => [recorded.name, recorded] as const))("%s", async (name, recorded) => {
    const outcome = await ask(recorded);
    const { used: entries, complaints } = judge(outcome, allowedDifferences);
    used.set(name, new Set(entries));
    expect(complaints.join("\n"), "differences that are not on the list").toBe("");
    if (outcome.ours !== undefined) await expectNothingToDo(recorded, outcome.ours);
  });

  it.runIf(haveRecordings)("every entry of the list is needed", () => {
    const all = new Set([...used.values()].flatMap((ids) => [...ids]));
    expect(allowedDifferences.map(({ id }) => id).filter((id) => !all.has(id))).toEqual([]);
    const agreeing = cases.filter(({ name }) => used.get(name)?.size === 0).length;
    console.log(
      `conformance with Fluid: ${agreeing} cases agree, ${cases.length - agreeing} differ as listed, ${notSent.length} were not sent to Fluid's webhook`,
    );
  });

  async function ask(recorded: RecordedCase): Promise<Outcome> {
    const response = await post(recorded, recorded.review);
    const { object } = recorded.review.request;
    if (response.allowed) return outcomeOf(recorded, patched(object, response), "", objects);
    const refusal = `${response.status?.code} ${response.auditAnnotations?.["reasons"]}: ${response.status?.message}`;
    return outcomeOf(recorded, undefined, refusal, objects);
  }

  /** The API server calls again when another plugin has changed the pod. */
  async function expectNothingToDo(recorded: RecordedCase, pod: Pod): Promise<void> {
    const { review } = recorded;
    const again = await post(recorded, { ...review, request: { ...review.request, object: pod } });
    expect(again.status?.message ?? "").toBe("");
    expect(again.allowed).toBe(true);
    expect(operations(again)).toEqual([]);
  }

  async function post(recorded: RecordedCase, review: unknown): Promise<Response> {
    const server = servers.get(recorded.sidecar);
    if (server === undefined) throw new Error(`no server for ${recorded.sidecar} sidecars`);
    const { status, body, text } = await server.post(review, fluidsPath);
    if (status !== 200 || !isReview(body)) throw new Error(`HTTP ${status}: ${text}`);
    expect(body.response.uid).toBe(recorded.review.request.uid);
    return body.response;
  }
});

function isReview(body: unknown): body is { response: Response } {
  return typeof body === "object" && body !== null && "response" in body;
}

function operations({ patch }: Response): Operation[] {
  return patch === undefined ? [] : JSON.parse(Buffer.from(patch, "base64").toString());
}

function patched(pod: Pod, response: Response): Pod {
  return fjp.applyPatch(structuredClone(pod), operations(response), true).newDocument;
}
