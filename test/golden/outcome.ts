import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fjp, { type Operation } from "fast-json-patch";
import { expect } from "vitest";
import { parse } from "yaml";
import type { Decision } from "../../src/admission/decision.ts";
import type { Command } from "../../src/cli/command-io.ts";
import { run as explain } from "../../src/cli/explain.ts";
import { run as inject } from "../../src/cli/inject.ts";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { parseConfig } from "../../src/config.ts";
import { type CommandResult, runCaptured } from "../cli/captured-io.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer } from "../support/start-server.ts";
import { type GoldenCase, isObject, writeCluster } from "./golden-case.ts";
import { type PodPlace, podIn } from "./pod-place.ts";

/** An AdmissionResponse. */
export interface Response {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** What became of a case by both ways. */
export interface Outcome {
  readonly response: Response;
  /** As `sluice explain` tells it. */
  readonly decision: Omit<Decision, "edits" | "pod">;
  /** From the root of the case's object; empty when nothing is changed. */
  readonly patch: readonly Operation[];
  /** The whole object; the very one that came in when nothing is changed. */
  readonly object: unknown;
}

/** Runs a case through the command line and through HTTPS, and holds the two against each other. */
export async function ask(golden: GoldenCase): Promise<Outcome> {
  const folder = writeCluster(golden.name);
  try {
    const byCommand = await askCommand(golden, folder);
    const place = podIn(golden.object);
    const response = await askServer(golden, place, folder);
    const patch = patchOf(response).map((operation) => below(place.pointer, operation));
    expect(response.allowed, "HTTPS and the command agree").toBe(byCommand.decision.verdict !== "rejected");
    expect(response.auditAnnotations?.["verdict"]).toBe(byCommand.decision.verdict);
    expect(patch, "HTTPS and the command give the same patch").toEqual(byCommand.patch);
    // applyPatch puts the patch's own values into the document, and later operations would change them there.
    const { newDocument } = fjp.applyPatch(
      structuredClone<object>(golden.object),
      structuredClone(patch),
      true,
    );
    if (response.allowed)
      expect(newDocument, "HTTPS and the command give the same pod").toEqual(byCommand.object);
    return { ...byCommand, response, patch };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function askCommand(golden: GoldenCase, folder: string): Promise<Omit<Outcome, "response">> {
  const configFile = join(folder, "config.txt");
  writeFileSync(configFile, JSON.stringify(golden.config ?? {}));
  const run = (command: Command, format: string): Promise<CommandResult> =>
    runCaptured(command, ["-f", "-", "--cluster", folder, "--config", configFile, "-o", format], {
      stdin: golden.text,
    });
  const [patched, printed, explained] = [
    await run(inject, "patch"),
    await run(inject, "yaml"),
    await run(explain, "json"),
  ];
  expect(printed.stderr, "no file of the cluster is at fault").not.toMatch(/^(error|warning): /m);
  const [decision] = JSON.parse(explained.stdout) as Omit<Decision, "edits" | "pod">[];
  if (decision === undefined) throw new Error(`nothing is explained: ${explained.stderr}`);
  const code = decision.verdict === "rejected" ? 1 : 0;
  expect([patched.code, printed.code, explained.code]).toEqual([code, code, code]);
  if (decision.verdict === "rejected") expect(printed.stdout).toBe("");
  if (decision.verdict === "unchanged") expect(printed.stdout, "byte for byte").toBe(golden.text);
  const [first] = JSON.parse(patched.stdout) as { readonly patch: readonly Operation[] }[];
  return { decision, patch: first?.patch ?? [], object: parse(printed.stdout) };
}

async function askServer(golden: GoldenCase, place: PodPlace, folder: string): Promise<Response> {
  const cluster = await openManifestCluster(folder, { follow: false });
  const server = await startTestServer({ cluster, config: parseConfig(golden.config) });
  try {
    const { namespace } = place;
    const answer = await server.post(reviewOf(place.pod, namespace === undefined ? {} : { namespace }));
    expect(answer.status).toBe(200);
    const response: unknown = isObject(answer.body) ? answer.body["response"] : undefined;
    if (!isResponse(response)) throw new Error(`no AdmissionReview: ${answer.text}`);
    return response;
  } finally {
    await server.stop();
    await cluster.close();
  }
}

function patchOf({ patch }: Response): Operation[] {
  return patch === undefined ? [] : JSON.parse(Buffer.from(patch, "base64").toString());
}

function below(pointer: string, operation: Operation): Operation {
  const moved = { ...operation, path: pointer + operation.path };
  return "from" in moved ? { ...moved, from: pointer + moved.from } : moved;
}

function isResponse(value: unknown): value is Response {
  return isObject(value) && typeof value["allowed"] === "boolean";
}
