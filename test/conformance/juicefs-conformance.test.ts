import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { parseConfig } from "../../src/config.ts";
import { startTestServer } from "../support/start-server.ts";
import { at, find } from "./asked.ts";
import {
  haveJuicefsRecordings,
  type JuicefsCase,
  juicefsCases,
  objectsOf,
  writeCluster,
} from "./juicefs-cases.ts";
import { type JuicefsDifference, type JuicefsOutcome, juicefsDifferences } from "./juicefs-differences.ts";
import { juicefsFacts, valuesOf } from "./juicefs-meaning.ts";
import type { Manifest } from "./manifests.ts";

interface Response {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly message: string };
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

describe("the answers of the JuiceFS CSI driver's own webhook, recorded on a real API server", () => {
  const { cases, others } = juicefsCases();
  const used = new Map<string, ReadonlySet<string>>();

  if (!haveJuicefsRecordings) it.skip("the recordings are not at hand: nothing is compared");

  it.each(cases.map((one) => [one.name, one] as const))("%s", async (name, one) => {
    const outcome = await ask(one);
    const ids = new Set<string>();
    const complaints = differencesIn(outcome).flatMap((difference) => {
      const entries = juicefsDifferences.filter((entry) => entry.covers(difference, outcome));
      for (const { id } of entries) ids.add(id);
      if (entries.length === 1) return [];
      const by =
        entries.length === 0 ? "not allowed" : `allowed by ${entries.map(({ id }) => id).join(" and ")}`;
      const { path, theirs, ours } = difference;
      return [
        `${name}: ${path} (${by})\n  JuiceFS: ${JSON.stringify(theirs)}\n  ours:    ${JSON.stringify(ours)}`,
      ];
    });
    used.set(name, ids);
    expect(complaints.join("\n"), "differences that are not on the list").toBe("");
  });

  it.runIf(haveJuicefsRecordings)("every entry of the list is needed", () => {
    const all = new Set([...used.values()].flatMap((ids) => [...ids]));
    expect(juicefsDifferences.map(({ id }) => id).filter((id) => !all.has(id))).toEqual([]);
    const always = new Set(juicefsDifferences.flatMap(({ id, everywhere }) => (everywhere ? [id] : [])));
    const agreeing = cases.filter(({ name }) =>
      [...(used.get(name) ?? [])].every((id) => always.has(id)),
    ).length;
    console.log(
      `conformance with JuiceFS: ${agreeing} cases agree, ${cases.length - agreeing} differ as listed, ${others.length} are about something else than a pod's review`,
    );
  });
});

async function ask(one: JuicefsCase): Promise<JuicefsOutcome> {
  const objects = objectsOf(one);
  const folder = writeCluster(objects);
  const cluster = await openManifestCluster(folder, { follow: false, kubernetesVersion: "1.36" });
  // The recorded nodes state no version of their kubelets; the driver goes by the API server's.
  const config = parseConfig({
    sidecar: "native",
    juicefs: { noUpdateConfig: one.env["JFS_NO_UPDATE_CONFIG"] === "enabled" },
  });
  const server = await startTestServer({ cluster, config });
  try {
    const { status, body, text } = await server.post(one.review, `${one.path}?timeout=10s`);
    if (status !== 200 || !isReview(body)) throw new Error(`HTTP ${status}: ${text}`);
    const { response } = body;
    const original = one.review.request.object;
    const patch: Operation[] =
      response.patch === undefined ? [] : JSON.parse(Buffer.from(response.patch, "base64").toString());
    const ours = response.allowed
      ? fjp.applyPatch(structuredClone(original), patch, true).newDocument
      : undefined;
    const refusal = response.allowed
      ? ""
      : `${response.status?.code} ${response.auditAnnotations?.["reasons"]}: ${response.status?.message}`;
    const values = (claim: string) =>
      valuesOf(objects, one.review.request.namespace, secretOf(one, objects, claim));
    const facts = (pod: Pod | undefined) =>
      pod === undefined ? new Map() : juicefsFacts(pod, original, values);
    return {
      recorded: one,
      original,
      ours,
      refusal,
      objects,
      theirFacts: facts(one.theirs),
      ourFacts: facts(ours),
    };
  } finally {
    await server.stop();
    await cluster.close();
    await rm(folder, { recursive: true });
  }
}

/** "namespace/name" of the Secret that the claim's volume names. */
function secretOf({ review }: JuicefsCase, objects: readonly Manifest[], claim: string): string {
  const found = find(objects, "PersistentVolumeClaim", review.request.namespace, claim);
  const volume = find(objects, "PersistentVolume", undefined, String(at(found, "spec", "volumeName")));
  const ref = at(volume, "spec", "csi", "nodePublishSecretRef");
  return `${at(ref, "namespace")}/${at(ref, "name")}`;
}

/** Where both mean something else; of a refused pod only the verdict counts. */
function differencesIn({
  recorded,
  ours,
  refusal,
  theirFacts,
  ourFacts,
}: JuicefsOutcome): JuicefsDifference[] {
  const theirs = recorded.theirs !== undefined && !recorded.refusedLater;
  if (!theirs || ours === undefined) {
    if (!theirs && ours === undefined) return [];
    const verdict = recorded.refusedLater ? "refused later" : "refused";
    return [
      {
        path: "verdict",
        theirs: theirs ? "admitted" : verdict,
        ours: ours === undefined ? `refused ${refusal}` : "admitted",
      },
    ];
  }
  const paths = [...new Set([...theirFacts.keys(), ...ourFacts.keys()])].sort();
  return paths
    .map((path) => ({ path, theirs: theirFacts.get(path), ours: ourFacts.get(path) }))
    .filter((difference) => !isDeepStrictEqual(difference.theirs, difference.ours));
}

function isReview(body: unknown): body is { readonly response: Response } {
  return typeof body === "object" && body !== null && "response" in body;
}
