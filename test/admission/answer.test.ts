import { describe, expect, it } from "vitest";
import {
  answerBody,
  answerReview,
  answerUnreadable,
  joinAnswer,
  type ReviewAnswer,
} from "../../src/admission/answer.ts";
import type { Decision } from "../../src/admission/decision.ts";
import { decodeReview } from "../../src/admission/decode-review.ts";
import type { Finding, ReasonCode } from "../../src/types/reason.ts";
import { reviewOf } from "../support/review-builder.ts";

const review = decodeReview(reviewOf({}, { uid: "u" }));
const finding = (code: ReasonCode, message: string = code): Finding => ({ code, message });

function responseTo(decision: Partial<Decision>) {
  return answerReview(review, {
    verdict: "unchanged",
    volumes: [],
    findings: [],
    edits: [],
    pod: {},
    ...decision,
  }).response;
}

describe("answerReview", () => {
  it("lets a pod go as it is, with nothing to say but to the audit log", () => {
    expect(
      answerReview(review, {
        verdict: "unchanged",
        volumes: [],
        findings: [finding("not-opted-in")],
        edits: [],
        pod: {},
      }),
    ).toEqual({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: {
        uid: "u",
        allowed: true,
        auditAnnotations: { verdict: "unchanged", reasons: "not-opted-in" },
      },
    });
  });

  it("answers in the version it was asked in", () => {
    const old = decodeReview(reviewOf({}, { apiVersion: "admission.k8s.io/v1beta1" }));
    const decision: Decision = { verdict: "unchanged", volumes: [], findings: [], edits: [], pod: {} };
    expect(answerReview(old, decision).apiVersion).toBe("admission.k8s.io/v1beta1");
  });

  it("sends the operations as base64 JSON, in their order and without their why", () => {
    const operations = [
      { op: "add", path: "/metadata/labels/ä", value: "1" },
      { op: "remove", path: "/spec/volumes/0" },
    ] as const;
    const response = responseTo({
      verdict: "injected",
      edits: operations.map((operation) => ({ operation, why: "a reason" })),
      findings: [finding("injected"), finding("injected"), finding("cache-preferred")],
      volumes: [
        { volume: "data", code: "injected", message: "", dataset: "default/data" },
        { volume: "token", code: "not-a-claim", message: "" },
        { volume: "other", code: "not-a-dataset", message: "" },
      ],
    });
    expect(response.patchType).toBe("JSONPatch");
    expect(JSON.parse(Buffer.from(response.patch ?? "", "base64").toString())).toEqual(operations);
    expect(response.auditAnnotations).toEqual({
      verdict: "injected",
      reasons: "injected,cache-preferred",
      volumes: "data=injected,other=not-a-dataset",
    });
  });

  it.each([
    { codes: ["claim-not-found"], code: 409, reason: "Conflict" },
    { codes: ["claim-not-found", "bad-value"], code: 403, reason: "Forbidden" },
    { codes: ["invalid-pod"], code: 400, reason: "BadRequest" },
    { codes: ["bad-value", "internal-error"], code: 500, reason: "InternalError" },
    { codes: ["qos-lowered"], code: 403, reason: "Forbidden" },
  ] as const)("refuses with the gravest status of $codes: $code", ({ codes, code, reason }) => {
    const response = responseTo({ verdict: "rejected", findings: codes.map((each) => finding(each)) });
    expect(response).toMatchObject({ allowed: false, status: { code, reason } });
    expect(response).not.toHaveProperty("patch");
  });

  it("names every refusal in the message, and what is only a warning as a warning", () => {
    const response = responseTo({
      verdict: "rejected",
      findings: [
        finding("claim-not-found", "claim a is missing"),
        finding("bad-value", "b is bad"),
        finding("qos-lowered", "slower"),
      ],
    });
    expect(response.status?.message).toBe("claim a is missing; b is bad");
    expect(response.warnings).toEqual(["slower"]);
  });

  it("keeps the message of very many refusals short, and says how many there are", () => {
    const findings = Array.from({ length: 10_000 }, (_, i) =>
      finding("claim-not-found", `claim ${i} is missing`),
    );
    const message = responseTo({ verdict: "rejected", findings }).status?.message ?? "";
    expect(message.length).toBeLessThan(4_100);
    expect(message).toMatch(/^claim 0 is missing; claim 1 is missing; .* and \d+ more$/);
    const volumes = findings.map((_, i) => ({
      volume: `v${i}`,
      code: "claim-not-found" as const,
      message: "",
    }));
    expect(responseTo({ verdict: "rejected", findings, volumes }).auditAnnotations?.["volumes"]).toMatch(
      /and \d+ more$/,
    );
  });

  it("warns of refusals where they let the pod go (csi mode), in the decision's order", () => {
    const response = responseTo({
      mode: "csi",
      findings: [
        finding("claim-not-found", "missing"),
        finding("no-healing", "does not heal"),
        finding("left-to-csi"),
      ],
    });
    expect(response).toMatchObject({ allowed: true, warnings: ["missing", "does not heal"] });
  });

  it("writes warnings without control characters, for with one the API server would drop it", () => {
    const { warnings } = responseTo({ findings: [finding("no-healing", "mounted at /a\n\tb")] });
    expect(warnings).toEqual(["mounted at /a b"]);
  });

  it("keeps each warning within 200 characters and all within 4,000 bytes", () => {
    const findings = Array.from({ length: 100 }, (_, i) => finding("no-healing", `${i} ${"é".repeat(300)}`));
    const warnings = responseTo({ findings }).warnings ?? [];
    expect(warnings.every((warning) => warning.length === 200 && warning.endsWith("…"))).toBe(true);
    const bytes = Buffer.byteLength(warnings.join(""));
    expect(bytes).toBeLessThanOrEqual(4_000);
    expect(bytes).toBeGreaterThan(3_500);
    expect(warnings[0]).toMatch(/^0 /);
  });

  it("never cuts a character in half", () => {
    const [warning] =
      responseTo({ findings: [finding("no-healing", `${"a".repeat(198)}😀😀`)] }).warnings ?? [];
    expect(warning).toBe(`${"a".repeat(198)}…`);
  });

  it("uses no slash in audit keys", () => {
    const keys = Object.keys(responseTo({ findings: [finding("not-opted-in")] }).auditAnnotations ?? {});
    expect(keys.filter((key) => key.includes("/"))).toEqual([]);
  });
});

it("answerUnreadable refuses with status 400", () => {
  expect(answerUnreadable("admission.k8s.io/v1beta1", "u", "what")).toEqual({
    apiVersion: "admission.k8s.io/v1beta1",
    kind: "AdmissionReview",
    response: { uid: "u", allowed: false, status: { code: 400, reason: "BadRequest", message: "what" } },
  });
});

it("joinAnswer and answerBody say what JSON says, with and without a patch", () => {
  const encoded = (answer: ReviewAnswer) =>
    JSON.parse(String(joinAnswer(answer.apiVersion, answer.response.uid, answerBody(answer))));
  const unreadable = answerUnreadable("admission.k8s.io/v1", 'a "quoted" uid', "what\n");
  expect(encoded(unreadable)).toEqual(unreadable);
  const response = {
    uid: "u",
    allowed: true,
    patchType: "JSONPatch",
    patch: "W10=",
    warnings: ["é"],
  } as const;
  const patched = { ...unreadable, response };
  expect(encoded(patched)).toEqual(patched);
});
