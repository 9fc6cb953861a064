import { type WorkloadKind, workloads } from "../cluster/workload-kinds.ts";
import { rights, type Viewer } from "./access.ts";
import type { Question } from "./api-queries.ts";
import type { WhyAnswer, WhyAnswers } from "./api-types.ts";
import type { ConsoleData } from "./console-data.ts";
import { ConsoleProblem } from "./console-problem.ts";
import { ViewerReads } from "./viewer-reads.ts";

/** What a decision about a namespace's pods is read from. */
const readRights = [rights.pods, rights.claims, rights.daemonSets, rights.datasets];

/** YAML takes time by the square of its size where somebody means it to, and everybody else waits for it. */
const mostOfManifest = 64 * 1024;
/** As JSON; the answer may be as long a few times over. */
const mostOfObject = 256 * 1024;

/**
 * Answers what admission would do. Whoever may create pods in a namespace is told the same by admission itself; whoever
 * may read all that the answer is made of could work it out. Throws `ConsoleProblem`.
 */
export async function askWhy(data: ConsoleData, viewer: Viewer, question: Question): Promise<WhyAnswers> {
  const { manifest, namespace } = question;
  const { decisions } = data;
  if (manifest === undefined) return { answers: [await askNamed(data, viewer, question)] };
  if (Buffer.byteLength(manifest) > mostOfManifest) throw tooLarge("the manifest", mostOfManifest);
  const asked = decisions.readManifest(manifest, namespace);
  for (const one of asked.namespaces) await assertMayAsk(viewer, one);
  const nodes = await viewer.may(rights.nodes);
  return { answers: [...asked.why(nodes)] };
}

async function assertMayAsk(viewer: Viewer, namespace: string): Promise<void> {
  if (await viewer.may({ ...rights.createPods, namespace })) return;
  const may = await Promise.all(readRights.map((right) => viewer.may({ ...right, namespace })));
  if (may.every(Boolean)) return;
  throw new ConsoleProblem(
    403,
    `you may not ask about pods in namespace ${namespace}: it takes the right to create pods there, or to list its pods, persistentvolumeclaims, daemonsets and datasets`,
  );
}

async function askNamed(
  data: ConsoleData,
  viewer: Viewer,
  { kind, namespace, name }: Question,
): Promise<WhyAnswer> {
  if (kind === undefined || name === undefined)
    throw new ConsoleProblem(400, "give a manifest, or kind, namespace and name of an object");
  if (!isWorkloadKind(kind)) throw new ConsoleProblem(400, `${kind} makes no pods`);
  const { group, plural } = workloads[kind];
  if (!(await viewer.may({ verb: "get", group, resource: plural, namespace, name })))
    throw new ConsoleProblem(403, `you may not get ${plural} in namespace ${namespace}`);
  await assertMayAsk(viewer, namespace);
  const place = { kind, namespace, name };
  const object = await data.readObject(place);
  if (object === undefined) throw new ConsoleProblem(404, `there is no ${kind} ${namespace}/${name}`);
  if (JSON.stringify(object).length > mostOfObject)
    throw tooLarge(`${kind} ${namespace}/${name}`, mostOfObject);
  const nodes = await viewer.may(rights.nodes);
  return data.decisions.whyNamed(place, object, new ViewerReads(data, viewer), nodes);
}

function tooLarge(what: string, most: number): ConsoleProblem {
  return new ConsoleProblem(
    400,
    `${what} is too large to be shown, ${most / 1024} KiB at most: ask sluice explain about it`,
  );
}

function isWorkloadKind(kind: string): kind is WorkloadKind {
  return Object.hasOwn(workloads, kind);
}
