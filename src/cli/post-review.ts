import { randomUUID } from "node:crypto";
import { type Agent, request } from "node:https";
import { TLSSocket } from "node:tls";
import type { Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";

/** An AdmissionReview as the API server sends it when `pod` is created. */
export function createReview(pod: Pod): object {
  const { name, namespace } = pod.metadata ?? {};
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: randomUUID(),
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      requestKind: { group: "", version: "v1", kind: "Pod" },
      requestResource: { group: "", version: "v1", resource: "pods" },
      name,
      namespace,
      operation: "CREATE",
      userInfo: { username: "demo", groups: ["system:authenticated"] },
      object: pod,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: "meta.k8s.io/v1", kind: "CreateOptions" },
    },
  };
}

/** What the webhook answered about one pod. */
export interface ReviewReply {
  readonly allowed: boolean;
  /** Why it was refused, and the status that the user's client is given. */
  readonly refusal?: { readonly code: number; readonly message: string };
  readonly operations: readonly Operation[];
  readonly warnings: readonly string[];
  /** From sending the review to the end of the answer. */
  readonly milliseconds: number;
  /** "TLSv1.3". */
  readonly protocol: string;
}

interface RawReply {
  readonly response?: {
    readonly allowed?: boolean;
    readonly status?: { readonly code?: number; readonly message?: string };
    readonly patch?: string;
    readonly warnings?: readonly string[];
  };
}

/**
 * Sends a review to the webhook at `url` and waits for its answer.
 * `agent` keeps the connection and says which authority is trusted. Rejects when there is no usable answer.
 */
export async function postReview(url: string, review: object, agent: Agent): Promise<ReviewReply> {
  const body = JSON.stringify(review);
  const begin = performance.now();
  const { text, protocol } = await post(url, body, agent);
  const milliseconds = performance.now() - begin;
  const { response }: RawReply = JSON.parse(text);
  if (response === undefined) throw new Error(`the webhook did not answer with a review: ${text}`);
  const { allowed = false, status, patch, warnings = [] } = response;
  const operations: Operation[] =
    patch === undefined ? [] : JSON.parse(Buffer.from(patch, "base64").toString("utf8"));
  const refusal = allowed ? {} : { refusal: { code: status?.code ?? 0, message: status?.message ?? "" } };
  return { allowed, ...refusal, operations, warnings, milliseconds, protocol };
}

function post(url: string, body: string, agent: Agent): Promise<{ text: string; protocol: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers, timeout: 10_000 }, (answer) => {
      const protocol = answer.socket instanceof TLSSocket ? (answer.socket.getProtocol() ?? "") : "";
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ text: Buffer.concat(chunks).toString("utf8"), protocol }));
      answer.on("error", reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("the webhook did not answer within 10 s")));
    sent.on("error", reject);
    sent.end(body);
  });
}
