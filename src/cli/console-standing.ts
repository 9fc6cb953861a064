import type { Pod } from "kubernetes-types/core/v1";
import type { RawObject } from "../cluster/raw-fields.ts";
import type { NamedWorkload } from "../cluster/workload-kinds.ts";
import type { Standing, WhyAnswer } from "../console/api-types.ts";
import type { NamedReads } from "../console/console-data.ts";
import type { DecidedObject } from "./decide-object.ts";
import { InputError } from "./input-error.ts";
import { asPod } from "./live/as-pod.ts";
import type { DecidingState } from "./live/decide-now.ts";
import { type ReportWords, wordsOf } from "./live/describe-report.ts";
import type { FactSource } from "./live/fact-source.ts";
import { isTroubled } from "./live/is-troubled.ts";
import { type AskedObject, apiVersionOf, kindNamed } from "./live/object-kinds.ts";
import { asCreated, type PodReport } from "./live/pod-report.ts";
import { reportLivePod, reportLiveWorkload } from "./live/report-object.ts";
import { templateOf, type WorkloadReport } from "./live/workload-report.ts";
import { paintWith } from "./paint.ts";

/** How a named object stands, and what would be decided about its pod now. */
export interface NamedStanding {
  readonly stands: NonNullable<WhyAnswer["stands"]>;
  /** Its pod as it was created; without decision where that is not known. */
  readonly decided: DecidedObject;
}

const plain = paintWith(false);

/** The report of `sluice explain KIND/NAME`, in the parts that the console shows. Throws `InputError`. */
export async function standingOf(
  { kind, namespace, name }: NamedWorkload,
  raw: RawObject,
  reads: NamedReads,
  state: DecidingState,
): Promise<NamedStanding> {
  const known = kindNamed(kind);
  if (known === undefined) throw new InputError([`nothing is known of a ${kind}`]);
  const asked = { kind: known, name };
  const source = sourceOf(reads, state);
  const pod = kind === "Pod" ? asPod(raw) : undefined;
  if (kind === "Pod" && pod === undefined) throw new InputError([`${name} is no pod that can be read`]);
  const report =
    pod === undefined
      ? await reportLiveWorkload(raw, asked, namespace, source)
      : await reportLivePod(pod, namespace, source);
  const before = pod === undefined ? templateOf(raw, asked, namespace) : asCreated(pod);
  return {
    stands: inParts(report, reads),
    decided: {
      ...placeOf(asked, namespace, raw),
      ...("pod" in before && before.pod && { pod: withoutBulk(before.pod) }),
      ...(report.now && { decision: { ...report.now, pod: withoutBulk(report.now.pod) } }),
    },
  };
}

function placeOf({ kind, name }: AskedObject, namespace: string, value: RawObject): DecidedObject {
  const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, name, namespace, value };
  return { object: { ...object, path: [], place: "" }, namespace, edits: [] };
}

/** Logs are not read for a visitor: the console's ServiceAccount may not. */
function sourceOf(reads: NamedReads, state: DecidingState): FactSource {
  return {
    ask: async (question) => question(state),
    node: (name) => reads.node(name),
    evidence: async ({ metadata }) => {
      const { namespace = "", name = "", uid = "" } = metadata ?? {};
      reads.tellUnseen("logs of clients, which sluice explain pod/NAME reads");
      return { warnings: await reads.warnings(namespace, name, uid) };
    },
    pods: async (namespace, selector) =>
      (await reads.pods(namespace, selector)).flatMap((pod) => asPod(pod) ?? []),
    jobs: (namespace) => reads.jobs(namespace),
  };
}

function inParts(report: PodReport | WorkloadReport, reads: NamedReads): NamedStanding["stands"] {
  const words = wordsOf(report, plain);
  const reports = "stands" in report ? [report] : report.details;
  const look = reports.some(
    ({ drift, unknown, clients }) =>
      drift.length + unknown.length > 0 || clients.some(({ level }) => level !== "ok"),
  );
  return {
    ...partsOf(words),
    level: isTroubled(report) ? "bad" : look ? "look" : "well",
    pods: words.pods.map(partsOf),
    unseen: [...reads.unseen],
  };
}

/** What would be decided now has a place of its own. */
function partsOf({ title, headline, sections }: ReportWords): Standing {
  const standing = sections.filter(({ ofDecision }) => !ofDecision);
  return {
    title,
    headline,
    sections: standing.map(({ heading, lines }) => ({ heading, entries: entriesOf(lines) })),
  };
}

function entriesOf(lines: readonly string[]): Standing["sections"][number]["entries"] {
  const entries: { head: string; more: string[]; body: string[] }[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    if (line.startsWith(" ") && last !== undefined) last.body.push(line.trimStart());
    else entries.push({ head: line, more: [], body: [] });
  }
  return entries;
}

/** Without what other writers have noted of their fields. */
function withoutBulk(pod: Pod): Pod {
  const { managedFields: _, ...metadata } = pod.metadata ?? {};
  return { ...pod, metadata };
}
