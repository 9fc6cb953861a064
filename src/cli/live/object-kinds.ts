import { fluidGroup, objectsPath } from "../../cluster/api-resources.ts";
import { type WorkloadKind, workloads } from "../../cluster/workload-kinds.ts";
import { UsageError } from "../parse-options.ts";
import { suggest } from "../suggest.ts";

/** A kind of object that `sluice explain` can be asked for. */
export interface AskedKind {
  readonly kind: string;
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** What kubectl calls it as well. */
  readonly names: readonly string[];
}

export interface AskedObject {
  readonly kind: AskedKind;
  readonly name: string;
}

const kinds: readonly AskedKind[] = [
  ofWorkload("Pod", "po"),
  ofWorkload("Deployment", "deploy"),
  ofWorkload("StatefulSet", "sts"),
  ofWorkload("DaemonSet", "ds"),
  ofWorkload("ReplicationController", "rc"),
  ofWorkload("ReplicaSet", "rs"),
  ofWorkload("Job"),
  ofWorkload("CronJob", "cj"),
  {
    kind: "PersistentVolumeClaim",
    group: "",
    version: "v1",
    plural: "persistentvolumeclaims",
    names: ["pvc"],
  },
  { kind: "Dataset", group: fluidGroup, version: "v1alpha1", plural: "datasets", names: [] },
];

/** What "deploy/train", or "deploy" and "train", ask for. Throws `UsageError`. */
export function parseAsked(words: readonly string[]): AskedObject[] {
  const [first, ...rest] = words;
  const file = words.find((word) => /^[./]|\.(ya?ml|json)$/.test(word));
  if (file !== undefined)
    throw new UsageError(`unexpected argument "${file}": options begin with "-", as in -f ${file}`);
  const asked =
    first !== undefined && !first.includes("/")
      ? rest.map((name) => [first, name] as const)
      : words.map(split);
  if (asked.length === 0)
    throw new UsageError(`name the object as KIND/NAME, such as pod/${first ?? "train-0"}`);
  return asked.map(([kind, name]) => ({ kind: findKind(kind), name: checkName(name) }));
}

function split(word: string): readonly [string, string] {
  const slash = word.indexOf("/");
  if (slash < 0) throw new UsageError(`"${word}" is not of the form KIND/NAME`);
  return [word.slice(0, slash), word.slice(slash + 1)];
}

function findKind(word: string): AskedKind {
  const asked = word.toLowerCase().replace(/\..*$/, "");
  const found = kinds.find(({ kind, plural, names }) =>
    [kind.toLowerCase(), plural, ...names].includes(asked),
  );
  if (found !== undefined) return found;
  const known = kinds.flatMap(({ kind, names }) => [kind.toLowerCase(), ...names]);
  throw new UsageError(`nothing is known of a "${word}"${suggest(asked, known)}: use ${known.join(", ")}`);
}

/** Kubernetes: docs, "Object Names and IDs" (DNS subdomain names). */
function checkName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(`${JSON.stringify(name)} cannot be the name of an object`);
}

/** A kind by the name that manifests give it. */
export function kindNamed(name: string): AskedKind | undefined {
  return kinds.find(({ kind }) => kind === name);
}

/** As manifests write it: "v1", "apps/v1". */
export function apiVersionOf({ group, version }: AskedKind): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The path of an object. */
export function pathOf({ kind, name }: AskedObject, namespace: string): string {
  return `${objectsPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

function ofWorkload(kind: WorkloadKind, ...names: string[]): AskedKind {
  return { kind, ...workloads[kind], names };
}
