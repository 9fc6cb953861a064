import { describe, expect, it } from "vitest";
import { createTextReader } from "../../src/server/review-text.ts";
import { reviewOf } from "../support/review-builder.ts";

const uids = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"] as const;
const readText = createTextReader();

interface Own {
  readonly name?: string;
  readonly generateName?: string;
  readonly labels?: object;
  readonly managedFields?: readonly object[];
  /** A member behind all that an API server writes. */
  readonly behind?: string;
}

/** A pod as the API server writes it, but for what it is given. */
function podText(
  { behind, labels = {}, managedFields, ...names }: Own,
  spec: object = {},
  uid: string = uids[0],
) {
  const metadata = { ...names, namespace: "default", labels, managedFields, behind };
  const pod = {
    kind: "Pod",
    apiVersion: "v1",
    metadata,
    spec: { containers: [], securityContext: {}, ...spec },
  };
  return JSON.stringify(reviewOf(pod, { uid }));
}

const questionOf = (...pod: Parameters<typeof podText>) => {
  const question = readText(podText(...pod))?.question;
  expect(question).toBeDefined();
  return question;
};

const number = "batch.kubernetes.io/job-completion-index";

describe("what reviews of alike pods have in common", () => {
  it.each<[string, Parameters<typeof podText>, Parameters<typeof podText>]>([
    ["uid", [{}, {}, uids[0]], [{}, {}, uids[1]]],
    ["name", [{ name: "web-0" }], [{ name: "web-1" }]],
    ["hostname after the name", [{ name: "a" }, { hostname: "a" }], [{ name: "b" }, { hostname: "b" }]],
    [
      "number, and what an indexed Job makes of it",
      [{ generateName: "train-1-", labels: { [number]: "1" } }, { hostname: "train-1" }],
      [{ generateName: "train-22-", labels: { [number]: "22" } }, { hostname: "train-22" }],
    ],
    [
      "history",
      [{ managedFields: [{ manager: "kubectl", time: "2026-11-20T09:30:00Z" }] }],
      [{ managedFields: [{ manager: "other", time: "2026-11-20T09:30:01Z" }] }],
    ],
    [
      "token's volume",
      [{}, { volumes: [{ name: "kube-api-access-aaaaa" }] }],
      [{}, { volumes: [{ name: "kube-api-access-bbbbb" }] }],
    ],
  ])("is all but the %s", (_, one, other) => {
    expect(questionOf(...one)).toBe(questionOf(...other));
  });

  it.each<[string, Parameters<typeof podText>, Parameters<typeof podText>]>([
    ["whether it has a name", [{ name: "web-0" }], [{}]],
    ["generateName", [{ generateName: "a-" }], [{ generateName: "b-" }]],
    ["a generateName that is numbered by nobody", [{ generateName: "a-1-" }], [{ generateName: "a-2-" }]],
    ["a label", [{ labels: { app: "a" } }], [{ labels: { app: "b" } }]],
    ["a hostname of the user's", [{ name: "a" }, { hostname: "x" }], [{ name: "b" }, { hostname: "y" }]],
    [
      "a node named like the pod",
      [{ name: "a" }, { nodeSelector: { hostname: "a" } }],
      [{ name: "b" }, { nodeSelector: { hostname: "b" } }],
    ],
    [
      "a second part of such a nodeSelector",
      [{ name: "a" }, { nodeSelector: { disk: "ssd", hostname: "a" } }],
      [{ name: "b" }, { nodeSelector: { disk: "ssd", hostname: "b" } }],
    ],
    [
      "a number of another kind of thing",
      [{}, { nodeSelector: { [number]: "1" } }],
      [{}, { nodeSelector: { [number]: "2" } }],
    ],
    [
      "what stands behind the history",
      [{ managedFields: [], behind: "a" }],
      [{ managedFields: [], behind: "b" }],
    ],
    ...["claimName", "serviceAccountName", "nodeName"].map(
      (field): [string, Parameters<typeof podText>, Parameters<typeof podText>] => [
        `the ${field}`,
        [{}, { volumes: [{ name: "kube-api-access-aaaaa" }], [field]: "kube-api-access-aaaaa" }],
        [{}, { volumes: [{ name: "kube-api-access-bbbbb" }], [field]: "kube-api-access-bbbbb" }],
      ],
    ),
  ])("is never %s", (_, one, other) => {
    expect(questionOf(...one)).not.toBe(questionOf(...other));
  });

  it.each([
    ["another member", "] "],
    ["a second metadata", ']},"metadata":{"labels":{}'],
    ["a second pod", ']}},"object":{"kind":"Pod","metadata":{"labels":{}'],
    ["a list in the list", '],"x":[]'],
    ["a string with a bracket", '"]"]'],
  ])("is never what a forger puts behind the history: %s", (_, end) => {
    const text = podText({ managedFields: [] });
    const forged = text.replace('"managedFields":[]', `"managedFields":[${end}`);
    expect(forged).not.toBe(text);
    expect(readText(forged)?.question).not.toBe(readText(text)?.question);
  });

  it("is another question on another path", () => {
    const elsewhere = readText(podText({}), "node")?.question;
    expect(elsewhere).toBeDefined();
    expect(elsewhere).not.toBe(questionOf({}));
  });

  it("holds a number that is to be read", () => {
    const read = createTextReader([]);
    const [one, other] = ["1", "2"].map((value) => read(podText({ labels: { [number]: value } })));
    expect(one).toBeDefined();
    expect(one?.question).not.toBe(other?.question);
  });
});

it.each([
  [{ name: "web-0", generateName: "web-" }, "web-0"],
  [{ generateName: "web-" }, "web-*"],
  [{}, ""],
])("tells the name of %j", (names, pod) => {
  expect(readText(podText(names))?.pod).toBe(pod);
});

it("names what is the pod's own", () => {
  const spec = { hostname: "train-3", volumes: [{ name: "kube-api-access-aaaaa" }] };
  const own = readText(podText({ generateName: "train-3-", labels: { [number]: "3" } }, spec));
  expect(own?.names).toEqual(["train-3-", "train-3", "kube-api-access-aaaaa"]);
});

describe("a text that no API server sends", () => {
  const text = podText({ name: "web-0" });

  it.each([
    ["another version", text.replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1")],
    ["another order", JSON.stringify({ apiVersion: "admission.k8s.io/v1", ...JSON.parse(text) })],
    ["a uid that is none", text.replace(uids[0], `"${uids[0].slice(1)}`)],
    ["a longer uid", text.replace(uids[0], `${uids[0]}0`)],
    ["a character that no JSON has", text.replace('"web-0"', '"web\0"')],
    ["a very long text", text.replace("web-", "w".repeat(40_000))],
    ["another kind of object", text.replace('"object":{"kind":"Pod"', '"object":{"kind":"Node"')],
    ["no spec", text.replace('"spec"', '"specs"')],
    ["nothing", ""],
  ])("%s is not read", (_, wrong) => {
    expect(readText(wrong)).toBeUndefined();
  });
});
