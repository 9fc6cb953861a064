import type { Container } from "kubernetes-types/core/v1";
import type { Decision } from "../admission/decision.ts";
import type { ClusterInventory } from "../cluster/cluster-inventory.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import type { WhyAnswer } from "../console/api-types.ts";
import type { Decisions } from "../console/console-data.ts";
import { ConsoleProblem } from "../console/console-problem.ts";
import type { ClaimJudgement } from "../console/datasets.ts";
import { judgeMissed } from "../controllers/audit/missed-pod.ts";
import { containersOf } from "../pod/containers.ts";
import { reasonInfo } from "../types/reason.ts";
import { diffRows } from "./console-diff.ts";
import { rankNodes } from "./console-nodes.ts";
import { standingOf } from "./console-standing.ts";
import { type DecidedObject, decideObject, describeObject } from "./decide-object.ts";
import { describeAffinity } from "./describe-affinity.ts";
import { describeVerdict, type Section, sectionsOf } from "./describe-decision.ts";
import { InputError } from "./input-error.ts";
import { paintWith } from "./paint.ts";
import { type ManifestObject, parseManifest } from "./read-manifest.ts";

interface Known {
  readonly view: ClusterView;
  readonly inventory: ClusterInventory;
}

const plain = paintWith(false);

/** The answers of the very code that `sluice explain` and admission use, in the parts that the console shows. */
export function consoleDecisions({ view, inventory }: Known, config: Config): Decisions {
  return {
    judgeMissed: (raw) => judgeMissed(raw, view, config),
    judgeClaim: (namespace, claim) => judgeClaim(probe(namespace, claim), namespace, view, config),
    readManifest: (manifest, namespace) => {
      const objects = readText(manifest);
      return {
        namespaces: [...new Set(objects.map((object) => object.namespace ?? namespace))],
        why: (nodes) =>
          objects.map((object) => {
            const decided = told(() => decideObject(object, namespace, view, config));
            return { ...answerTo(decided, nodes), ...placesOf(decided, inventory, nodes) };
          }),
      };
    },
    whyNamed: async (place, raw, reads, nodes) => {
      const asked = standingOf(place, raw, reads, { view, config });
      const { stands, decided } = await asked.catch(asProblem);
      const unknown = decided.decision === undefined && { headline: "not known" };
      return { ...answerTo(decided, nodes), ...unknown, ...placesOf(decided, inventory, nodes), stands };
    },
  };
}

/** The objects of a manifest. */
function readText(text: string): readonly ManifestObject[] {
  const objects = told(() => parseManifest(text));
  if (objects.length === 0) throw new ConsoleProblem(400, "the manifest holds no Kubernetes object");
  if (objects.length > mostObjects)
    throw new ConsoleProblem(
      400,
      `${objects.length} objects are too many to be shown: ${mostObjects} at most`,
    );
  return objects;
}

const mostObjects = 50;

function told<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return asProblem(error);
  }
}

function asProblem(error: unknown): never {
  if (error instanceof InputError) throw new ConsoleProblem(400, error.problems.join("\n"));
  throw error;
}

/** `nodes`: whether nodes may be told. */
function answerTo(decided: DecidedObject, nodes: boolean): WhyAnswer {
  const { pod, hint, object } = decided;
  const decision = nodes ? decided.decision : decided.decision && withoutNodes(decided.decision);
  const title = describeObject(decided);
  const empty = { sections: [], volumes: [], diff: [], affinity: [] };
  if (decision === undefined || pod === undefined)
    return { ...empty, title, verdict: "unchanged", headline: `unchanged: a ${object.kind} makes no pods` };
  const note: Section[] = hint === undefined ? [] : [{ heading: "Note", entries: [{ head: hint }] }];
  return {
    title,
    verdict: decision.verdict,
    headline: describeVerdict(decision, plain),
    sections: [...sectionsOf(decision, pod), ...note].map(({ heading, entries }) => ({
      heading,
      entries: entries.map(({ head, more = [], body = [] }) => ({ head, more: [...more], body: [...body] })),
    })),
    volumes: decision.volumes.map(({ volume, code, title: what, client, message }) => ({
      volume,
      code,
      message,
      ...(what !== undefined && { title: what }),
      ...(client !== undefined && { client }),
    })),
    diff: decision.verdict === "injected" ? diffRows(pod, decision.pod) : [],
    affinity: decision.verdict === "injected" ? describeAffinity(decision.pod) : [],
  };
}

function placesOf(
  { decision }: DecidedObject,
  inventory: ClusterInventory,
  nodes: boolean,
): Pick<WhyAnswer, "nodes" | "nodesHidden"> {
  if (decision?.verdict !== "injected") return {};
  return nodes
    ? { nodes: rankNodes(decision.pod, inventory.nodes()) }
    : { nodesHidden: "you may not list nodes" };
}

/** Why sidecars are of their kind is told by the nodes that the pod can reach: by name, version and number. */
function withoutNodes(decision: Decision): Decision {
  const message = `${decision.sidecar} sidecars: why is told to whoever may list nodes`;
  const findings = decision.findings.map((finding) =>
    finding.code === "sidecar-kind" ? { ...finding, message } : finding,
  );
  return { ...decision, findings };
}

/** A pod that does nothing but mount the claim. */
function probe(namespace: string, claim: string): ManifestObject {
  const value = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pod", namespace, labels: { "sluice.io/inject": "true" } },
    spec: {
      containers: [{ name: "app", image: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
    },
  };
  return { apiVersion: "v1", kind: "Pod", name: "pod", namespace, value, path: [], place: "" };
}

function judgeClaim(
  object: ManifestObject,
  namespace: string,
  view: ClusterView,
  config: Config,
): ClaimJudgement {
  const { decision } = decideObject(object, namespace, view, config);
  if (decision === undefined) return { reasons: [], refused: false };
  const refusals = decision.findings
    .filter(({ code }) => reasonInfo(code).level === "refusal")
    .map(({ message }) => message);
  const warnings = decision.findings
    .filter(({ code }) => reasonInfo(code).level === "warning")
    .map(({ message }) => message);
  const client = clientOf(decision);
  return {
    refused: decision.verdict === "rejected",
    reasons: [...refusals, ...decision.volumes.map(({ message }) => message), ...warnings],
    ...(client && { client }),
  };
}

function clientOf({ pod, volumes, edits }: Decision): ClaimJudgement["client"] {
  const name = volumes[0]?.client;
  const found = containersOf(pod).find(({ container }) => container.name === name);
  if (found === undefined) return undefined;
  const { container } = found;
  const from = edits.flatMap(({ why }) => /made from (\S+ \S+)/.exec(why)?.[1] ?? [])[0];
  return {
    container: container.name,
    image: container.image ?? "",
    requests: sizesOf(container, "requests"),
    limits: sizesOf(container, "limits"),
    ...(from !== undefined && { from: from.replace(/[,;:]$/, "") }),
  };
}

function sizesOf({ resources }: Container, kind: "requests" | "limits"): string {
  const sizes = Object.entries(resources?.[kind] ?? {}).map(([name, size]) => `${name} ${size}`);
  return sizes.length === 0 ? "none" : sizes.join(", ");
}
