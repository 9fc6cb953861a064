import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { identity, type Manifest, manifests } from "./manifests.ts";

const recorded = new URL("../../../shared/cases/fluid/", import.meta.url).pathname;

/** Whether the recordings of Fluid's webhook are on this machine; they are no part of the repository. */
export const haveRecordings = existsSync(join(recorded, "cases"));

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

export interface Recordings {
  readonly cases: readonly RecordedCase[];
  /** Names of the cases in which the API server did not call Fluid. */
  readonly notSent: readonly string[];
  /** Names of the cases in which Fluid had a setting that Sluice has not, and what it was. */
  readonly notComparable: readonly string[];
}

/** The recorded calls, in the order of their numbers; none where the recordings are not at hand. */
export function recordedCases(): Recordings {
  if (!haveRecordings) return { cases: [], notSent: [], notComparable: [] };
  const folders = readdirSync(join(recorded, "cases")).map((name) => join(recorded, "cases", name));
  folders.sort((a, b) => Number.parseInt(basename(a), 10) - Number.parseInt(basename(b), 10));
  const sent = folders.filter((folder) => existsSync(join(folder, "request.json")));
  const comparable = sent.filter((folder) => settingsOf(folder).every(([name]) => name === modeSetting));
  const names = (of: readonly string[]) => of.map((folder) => basename(folder));
  return {
    cases: comparable.map(recordedCase),
    notSent: names(folders.filter((folder) => !sent.includes(folder))),
    notComparable: names(sent.filter((folder) => !comparable.includes(folder))),
  };
}

/** Fluid's one setting that Sluice has as well: as what its clients are injected. */
const modeSetting = "FUSE_SIDECAR_INJECTION_MODE";

/** The environment variables that Fluid's webhook ran with, as name and value. */
function settingsOf(folder: string): (readonly [string, string])[] {
  const lines = readFileSync(join(folder, "input.yaml"), "utf8").matchAll(/^# env: ([^=\s]+)=(.*)$/gm);
  return [...lines].map(([, name = "", value = ""]) => [name, value.trim()] as const);
}

function recordedCase(folder: string): RecordedCase {
  const review = readJson<RecordedCase["review"]>(join(folder, "request.json"));
  const { response } = readJson<{ response: { allowed: boolean; patchDecoded?: Operation[] } }>(
    join(folder, "response.json"),
  );
  const patched = () =>
    fjp.applyPatch(structuredClone(review.request.object), response.patchDecoded ?? []).newDocument;
  const applied = manifests(readFileSync(join(folder, "input.yaml"), "utf8"));
  const native = settingsOf(folder).some(([, value]) => value === "native-sidecar");
  return {
    name: basename(folder),
    review,
    ...(response.allowed ? { fluid: patched() } : {}),
    sidecar: native ? "native" : "classic",
    extras: applied.filter((manifest) => !workloads.has(manifest.kind)),
  };
}

const workloads = new Set(["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"]);

/** The recorded cluster with what some cases brought along. */
export interface RecordedCluster {
  /** A folder of manifests, to be removed by whoever asked for it. */
  readonly folder: string;
  readonly objects: readonly Manifest[];
  readonly cases: readonly RecordedCase[];
}

/** As few clusters as can hold what the cases brought along: no two cases in one bring the same object differently. */
export function recordedClusters(cases: readonly RecordedCase[]): RecordedCluster[] {
  const files = readdirSync(join(recorded, "cluster")).map((file) => join(recorded, "cluster", file));
  const standing = files.flatMap((file) => manifests(readFileSync(file, "utf8")));
  const known = new Set(standing.map(identity));
  const groups: { extras: Map<string, Manifest>; cases: RecordedCase[] }[] = [];
  for (const one of cases) {
    const extras = one.extras.filter((extra) => !known.has(identity(extra)));
    const fits = (group: (typeof groups)[number]) =>
      extras.every((extra) => isDeepStrictEqual(group.extras.get(identity(extra)) ?? extra, extra));
    let group = groups.find(fits);
    if (group === undefined) {
      group = { extras: new Map(), cases: [] };
      groups.push(group);
    }
    group.cases.push(one);
    for (const extra of extras) group.extras.set(identity(extra), extra);
  }
  return groups.map(({ extras, cases }) => {
    const brought = [...extras.values()];
    const folder = mkdtempSync(join(tmpdir(), "sluice-conformance-"));
    cpSync(join(recorded, "cluster"), folder, { recursive: true });
    const list = { apiVersion: "v1", kind: "List", items: brought };
    writeFileSync(join(folder, "brought-along.json"), JSON.stringify(list));
    return { folder, objects: [...standing, ...brought], cases };
  });
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8"));
}
