import type { Pod } from "kubernetes-types/core/v1";
import { Document } from "yaml";
import { toYaml } from "../cluster/kubernetes-yaml.ts";
import { finetuningPod, plainPod, strandedPod, trainingPod } from "./demo-pods.ts";
import { describeAffinity } from "./describe-affinity.ts";
import { describeEdits } from "./describe-edits.ts";
import { diffText } from "./diff-text.ts";
import { editDocument } from "./edit-document.ts";
import type { Paint } from "./paint.ts";
import type { ReviewReply } from "./post-review.ts";
import { shortenScripts } from "./shorten-scripts.ts";
import { wrapText } from "./wrap-text.ts";

const width = 100;
const indent = "    ";

/** One pod of the demo: what is said of it before, and how the webhook's answer is shown. */
export interface DemoScene {
  readonly title: string;
  readonly pod: Pod;
  readonly show: (pod: Pod, reply: ReviewReply, paint: Paint) => string;
}

/** What the demo shows, in order. */
export const demoScenes: readonly DemoScene[] = [
  { title: "A pod that reads one dataset: before and after", pod: trainingPod, show: showDifference },
  {
    title: "A pod with three datasets, that asks for a node with their caches",
    pod: finetuningPod,
    show: showParts,
  },
  { title: "A pod whose dataset is missing", pod: strandedPod, show: showRefusal },
  { title: "A pod without a dataset", pod: plainPod, show: showUntouched },
];

function showDifference(pod: Pod, reply: ReviewReply, paint: Paint): string {
  const before = toYaml(shortenScripts(pod));
  const after = toYaml(shortenScripts(patched(pod, reply)));
  const diff = diffText(before, after, { paint, width: width - indent.length, context: 2 });
  return indentAll(diff) + showAffinity(patched(pod, reply), paint) + showWarnings(reply, paint);
}

function showParts(pod: Pod, reply: ReviewReply, paint: Paint): string {
  const edits = reply.operations.map((operation) => ({ operation, why: "" }));
  const parts = describeEdits(pod, edits)
    .filter(({ what }) => !/^(?:label|annotation|node affinity)/.test(what))
    .map(({ what, details }) =>
      wrapText(details === undefined ? what : `${what}: ${details}`, `${indent}  `, width),
    )
    .map((text) => text.replace(/^ {6}/, indent + paint("green", "+ ")));
  return parts.join("") + showAffinity(patched(pod, reply), paint) + showWarnings(reply, paint);
}

function showRefusal(_pod: Pod, { refusal }: ReviewReply, paint: Paint): string {
  if (refusal === undefined) return "";
  return `${indent}${paint("red", `refused with status ${refusal.code}`)}, and whoever created it reads:\n${wrapText(refusal.message, `${indent}  `, width)}`;
}

function showUntouched(_pod: Pod, { operations }: ReviewReply): string {
  return operations.length === 0 ? `${indent}admitted as it is, nothing is changed\n` : "";
}

function showAffinity(pod: Pod, paint: Paint): string {
  const lines = describeAffinity(pod);
  if (lines.length === 0) return "";
  return `\n${indent}${paint("bold", "Where it will run")}\n${lines.map((line) => `${indent}  ${line}\n`).join("")}`;
}

function showWarnings({ warnings }: ReviewReply, paint: Paint): string {
  if (warnings.length === 0) return "";
  const texts = warnings.map((warning) => wrapText(warning, `${indent}  `, width));
  return `\n${indent}${paint("yellow", "Warnings")}\n${texts.join("")}`;
}

/** The pod with the answer's patch, as the API server applies it. */
function patched(pod: Pod, { operations }: ReviewReply): Pod {
  const document = new Document(pod, { aliasDuplicateObjects: false });
  editDocument(document, [], operations);
  return document.toJS();
}

function indentAll(text: string): string {
  return text.replace(/^(?=.)/gm, indent);
}
