import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { parseAllDocuments } from "yaml";

const recorded = new URL("../../../shared/cases/fluid/", import.meta.url).pathname;

/** Whether the recordings of Fluid's webhook are on this machine; they are no part of the repository. */
export const haveRecordings = existsSync(join(recorded, "cases"));

export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** One call of Fluid's webhook, as it was recorded on a real API server. */
export interface RecordedCase {
  readonly name: string;
  /** The AdmissionReview that the API server sent. */
  readonly review: {
    readonly request: { readonly uid: string; readonly namespace: string; readonly object: Pod };
  };
  /** The pod as Fluid made it; absent where Fluid refused it. */
  readonly fluid?: Pod;
  /** Fluid's mode: how it was told to inject its clients. */
  readonly sidecar: "native" | "classic";
  /** What else was applied with the pod, such as a claim. */
  readonly extras: readonly Manifest[];
}

/** The recorded calls, by name; cases in which Fluid was not called are counted only. */
export function recordedCases(): { cases: RecordedCase[]; notSent: string[] } {
  const folders = readdirSync(join(recorded, "cases")).map((name) => join(recorded, "cases", name));
  folders.sort((a, b) => Number.parseInt(basename(a), 10) - Number.parseInt(basename(b), 10));
  const sent = folders.filter((folder) => existsSync(join(folder, "request.json")));
  return {
    cases: sent.map(recordedCase),
    notSent: folders.filter((f) => !sent.includes(f)).map((f) => basename(f)),
  };
}

function recordedCase(folder: string): RecordedCase {
  const input = readFileSync(join(folder, "input.yaml"), "utf8");
  const review = readJson<RecordedCase["review"]>(join(folder, "request.json"));
  const { response } = readJson<{ response: { allowed: boolean; patchDecoded?: Operation[] } }>(
    join(folder, "response.json"),
  );
  const patched = () =>
    fjp.applyPatch(structuredClone(review.request.object), response.patchDecoded ?? []).newDocument;
  return {
    name: basename(folder),
    review,
    ...(response.allowed ? { fluid: patched() } : {}),
    sidecar: /^# env: FUSE_SIDECAR_INJECTION_MODE=native-sidecar$/m.test(input) ? "native" : "classic",
    extras: manifests(input).filter((manifest) => !workloads.has(manifest.kind)),
  };
}

const workloads = new Set(["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"]);

/** The objects of the recorded cluster and what the cases brought along, in a folder of their own. */
export function clusterFolder(cases: readonly RecordedCase[]): {
  folder: string;
  objects: readonly Manifest[];
} {
  const folder = mkdtempSync(join(tmpdir(), "sluice-conformance-"));
  cpSync(join(recorded, "cluster"), folder, { recursive: true });
  const objects = new Map<string, Manifest>();
  for (const file of readdirSync(folder))
    for (const manifest of manifests(readFileSync(join(folder, file), "utf8")))
      objects.set(identity(manifest), manifest);
  const added = new Map<string, Manifest>();
  for (const { name, extras } of cases)
    for (const extra of extras) {
      const key = identity(extra);
      if (objects.has(key)) continue;
      if (added.has(key) && !isDeepStrictEqual(added.get(key), extra))
        throw new Error(
          `case ${name} brings another ${key} than a case before it: give it a cluster of its own`,
        );
      added.set(key, extra);
    }
  for (const [key, extra] of added) objects.set(key, extra);
  writeFileSync(
    join(folder, "brought-along.json"),
    JSON.stringify({ apiVersion: "v1", kind: "List", items: [...added.values()] }),
  );
  return { folder, objects: [...objects.values()] };
}

function identity({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function manifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const object: unknown = document.toJS();
    return isManifest(object) ? [object] : [];
  });
}

function isManifest(object: unknown): object is Manifest {
  return typeof object === "object" && object !== null && "kind" in object && "metadata" in object;
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8"));
}
