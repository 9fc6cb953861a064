import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fjp, { type Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { stringify } from "yaml";
import { identity, type Manifest, manifests } from "./manifests.ts";

const recorded = new URL("../../../shared/cases/juicefs/", import.meta.url).pathname;

/** Whether the recordings of the JuiceFS CSI driver's webhook are on this machine; they are no part of the repository. */
export const haveJuicefsRecordings = existsSync(join(recorded, "cases"));

/** One call of the driver's webhook, as it was recorded on a real API server. */
export interface JuicefsCase {
  readonly name: string;
  readonly review: {
    readonly request: {
      readonly uid: string;
      readonly operation: string;
      readonly namespace: string;
      readonly object: Pod;
    };
  };
  /** The path that was called. */
  readonly path: string;
  /** The pod as the driver's webhook made it; absent where it refused it. */
  readonly theirs?: Pod;
  /** The API server refused what the webhook made of it. */
  readonly refusedLater: boolean;
  /** Environment of the driver. */
  readonly env: Readonly<Record<string, string>>;
  /** What stood in the cluster for this case only, its configuration among it. */
  readonly objects: readonly Manifest[];
}

export interface JuicefsRecordings {
  readonly cases: readonly JuicefsCase[];
  /** Names of the cases that are about something else than a pod's review: validation, and bodies that are no review. */
  readonly others: readonly string[];
}

/** The recorded reviews of pods, in the order of their numbers. */
export function juicefsCases(): JuicefsRecordings {
  if (!haveJuicefsRecordings) return { cases: [], others: [] };
  const folders = readdirSync(join(recorded, "cases"))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => join(recorded, "cases", name));
  const cases = folders.filter(isPodReview);
  const others = folders.filter((folder) => !isPodReview(folder)).map((folder) => basename(folder));
  return { cases: cases.map(readCase), others };
}

function isPodReview(folder: string): boolean {
  if (/^\d+-validate-/.test(basename(folder))) return false;
  const file = join(folder, "request.json");
  if (!existsSync(file)) return false;
  const text = readFileSync(file, "utf8");
  return (
    /"kind":\s*"AdmissionReview"/.test(text) && /"resource":\s*"pods"/.test(text) && !/"ConfigMap"/.test(text)
  );
}

function readCase(folder: string): JuicefsCase {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const review: JuicefsCase["review"] = JSON.parse(read("request.json"));
  const { response }: { response: { allowed: boolean; patchDecoded?: Operation[] } } = JSON.parse(
    read("response.json"),
  );
  const patched = () =>
    fjp.applyPatch(structuredClone(review.request.object), response.patchDecoded ?? []).newDocument;
  const env = [...read("input.yaml").matchAll(/^# env: ([^=\s]+)=(.*)$/gm)];
  const config = existsSync(join(folder, "config.yaml")) ? [configMap(read("config.yaml"))] : [];
  const standing = existsSync(join(folder, "cluster.yaml")) ? manifests(read("cluster.yaml")) : [];
  return {
    name: basename(folder),
    review,
    path:
      review.request.namespace === "sidecar" ? "/juicefs/inject-v1-pod" : "/juicefs/serverless/inject-v1-pod",
    ...(response.allowed ? { theirs: patched() } : {}),
    refusedLater: existsSync(join(folder, "rejected.txt")) && response.allowed,
    env: Object.fromEntries(env.map(([, name = "", value = ""]) => [name, value.trim()])),
    objects: [...config, ...standing],
  };
}

function configMap(text: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "kube-system", name: "juicefs-csi-driver-config" },
    data: { "config.yaml": text },
  };
}

/** The objects of the recorded cluster. */
export function recordedObjects(): Manifest[] {
  const folder = join(recorded, "cluster");
  return readdirSync(folder).flatMap((file) => manifests(readFileSync(join(folder, file), "utf8")));
}

/** The objects of the recorded cluster, and those of a case in place of those of the same name. */
export function objectsOf(recordedCase: JuicefsCase): Manifest[] {
  const standing = recordedObjects();
  const own = new Set(recordedCase.objects.map(identity));
  return [...standing.filter((object) => !own.has(identity(object))), ...recordedCase.objects];
}

/** Writes a cluster as a folder of manifests, to be removed by whoever asked for it. */
export function writeCluster(objects: readonly Manifest[]): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-juicefs-"));
  writeFileSync(join(folder, "cluster.yaml"), objects.map((object) => stringify(object)).join("---\n"));
  return folder;
}
