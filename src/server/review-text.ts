import type { ReviewVersion } from "../admission/decode-review.ts";

/** A review's text in two parts: what is its own, and what it may have in common with others. */
export interface ReviewText {
  readonly apiVersion: ReviewVersion;
  readonly uid: string;
  /** The pod's name, or its generateName followed by "*"; "" when it has neither. */
  readonly pod: string;
  /** Names that are this pod's alone: an answer in which one of them stands is none for others. */
  readonly names: readonly string[];
  /** All the rest; the same for reviews that ask the same. */
  readonly question: string;
}

/** Labels and annotations by which a controller numbers the pods of a workload. */
export const numberingKeys: readonly string[] = [
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/job-completion-index",
  "statefulset.kubernetes.io/pod-name",
];

// Larger pods are rare, and seldom alike.
const longestText = 32_768;

// As every API server writes it: encoding/json keeps the order of a struct's fields.
const apiVersion = "admission.k8s.io/v1";
const opening = `{"kind":"AdmissionReview","apiVersion":"${apiVersion}","request":{"uid":"`;
const uidLength = 36;
const uidPattern = /^[0-9a-f-]{36}$/;
const podBegins = '"object":{"kind":"Pod","apiVersion":"v1","metadata":{';
// No map of strings, such as the labels, holds these two: what follows the colon is no string.
const specBegins = ',"spec":{';
const managedFieldsBegin = ',"managedFields":[';

const requestName = /"name":"([^"\\]+)"(?=,"namespace":")/;
const podNames = /^(?:"name":"([^"\\]+)",)?(?:"generateName":"([^"\\]+)",)?/;
const jobIndex = /"batch\.kubernetes\.io\/job-completion-index":"(\d+)"/;
// Behind an object or a list, so in no map of strings, such as a nodeSelector.
const hostname = /(?<=[}\]],)"hostname":"([^"\\]+)"/;
// The ServiceAccount plugin gives the token's volume a random name. As another field's value, such as claimName, the
// same text may be what the cluster is asked for.
const tokenVolume = /"name":"(kube-api-access-[a-z0-9]{5})"/;

/** Stands for what is the pod's own; no JSON has it. */
const own = "\0";

/**
 * Makes the function that parts the text of a review of a pod, come by `way`: what is asked by one path may be answered
 * otherwise by another. The pod's own are uid and name, its number where that stands under one of `numbers`, the name of
 * its token's volume, and who wrote which of its fields when. It returns undefined for a text that is no API server's, or
 * too long to be remembered.
 */
export function createTextReader(
  numbers = numberingKeys,
): (text: string, way?: string) => ReviewText | undefined {
  const numbered = new RegExp(`"(${numbers.join("|").replaceAll(".", "\\.")})":"[^"\\\\]*"`, "g");

  return (text, way = "") => {
    if (text.length > longestText || !text.startsWith(opening) || text.includes(own)) return undefined;
    const uidEnd = opening.length + uidLength;
    const uid = text.slice(opening.length, uidEnd);
    const podBegin = text.indexOf(podBegins, uidEnd);
    const metadataBegin = podBegin + podBegins.length;
    const specBegin = text.indexOf(specBegins, metadataBegin);
    if (!uidPattern.test(uid) || text[uidEnd] !== '"' || podBegin < 0 || specBegin < 0) return undefined;

    const request = text.slice(uidEnd, metadataBegin);
    const metadata = text.slice(metadataBegin, specBegin);
    const spec = text.slice(specBegin);
    const { written, name, generateName, numberedName, host, token } = namesIn(metadata, spec);
    const question = [
      way,
      request.replace(requestName, (member, named) => (named === name ? own : member)),
      name === "" ? "" : own,
      numberedName === "" ? generateName : own,
      withoutHistory(metadata.slice(written.length)).replace(numbered, `"$1":${own}`),
      withoutToken(host === "" ? spec : spec.replace(hostname, own), token),
    ];
    return {
      apiVersion,
      uid,
      pod: name === "" && generateName !== "" ? `${generateName}*` : name,
      names: [name, numberedName, host, token].filter((one) => one !== ""),
      question: question.join("\n"),
    };
  };
}

/** `numberedName` is a generateName that is one pod's alone, `host` a hostname that follows from the pod's name; "" is none. */
function namesIn(metadata: string, spec: string) {
  const [written = "", name = "", generateName = ""] = podNames.exec(metadata) ?? [];
  const index = jobIndex.exec(metadata)?.[1];
  // The pods of an indexed Job have names such as train-3-x7k2p, and hostnames such as train-3.
  const numberedName = index !== undefined && generateName.endsWith(`-${index}-`) ? generateName : "";
  const host = hostname.exec(spec)?.[1] ?? "";
  const isOwn = host === name || `${host}-` === numberedName;
  const token = tokenVolume.exec(spec)?.[1] ?? "";
  return { written, name, generateName, numberedName, host: isOwn ? host : "", token };
}

/**
 * Who wrote which field, and at which second: a third of a review, and none of what is asked. It is the last member. The
 * list is left out only where its end is the one bracket in it: behind an earlier one anything may stand that is asked.
 */
function withoutHistory(metadata: string): string {
  const begin = metadata.indexOf(managedFieldsBegin);
  const isLast = metadata.endsWith("]}") && metadata.indexOf("]", begin) === metadata.length - 2;
  return begin < 0 || !isLast ? metadata : metadata.slice(0, begin);
}

function withoutToken(spec: string, token: string): string {
  return token === "" ? spec : spec.replaceAll(`"name":"${token}"`, own);
}
