import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { beginCases } from "./cases/begin.ts";
import type { CaseContext } from "./cases/case-context.ts";
import { classicJobCases } from "./cases/classic-jobs.ts";
import { healCases } from "./cases/heal.ts";
import { jobCases } from "./cases/jobs.ts";
import { juicefsCsiCases } from "./cases/juicefs-csi.ts";
import { memoryCases } from "./cases/memory.ts";
import { nodeWideCases } from "./cases/node-wide.ts";
import { openFileCases } from "./cases/open-files.ts";
import { prefetchCases } from "./cases/prefetch.ts";
import { startCases } from "./cases/start.ts";
import { stopCases } from "./cases/stop.ts";
import { straightCases } from "./cases/straight.ts";
import { viewCases } from "./cases/views.ts";
import { CaseTable } from "./harness/case-table.ts";
import { content, prepareNode } from "./harness/prepare-node.ts";
import { checksum, checksums } from "./harness/storage.ts";

const { why, plane, node, sluice } = inject("nodeParts");

describe.skipIf(why !== "")(why === "" ? "a real node" : `a real node (skipped: ${why})`, () => {
  let prepared: CaseContext | undefined;
  const context = () => {
    if (prepared === undefined) throw new Error("the node is not up");
    return prepared;
  };

  beforeAll(async () => {
    prepared = { node: await prepareNode(plane, node, sluice), table: new CaseTable(), sluice };
  });
  afterAll(async () => {
    if (prepared === undefined) return;
    process.stdout.write(`\n${prepared.table.print()}\n\n`);
    await prepared.node.close();
  });

  // One at a time, for these are timed to be compared.
  describe("start", () => startCases(context));
  describe("begin", () => beginCases(context));
  describe.concurrent("views", () => viewCases(context));
  describe("heal", () => healCases(context));
  describe.concurrent("open files", () => openFileCases(context));
  describe.concurrent("stop", () => stopCases(context));
  describe.concurrent("prefetch", () => prefetchCases(context));
  describe("jobs", () => jobCases(context));
  describe.concurrent("classic jobs", () => classicJobCases(context));
  // After the Jobs, for the controllers that are started for JuiceFS CSI would end their clients.
  describe.concurrent("straight, and JuiceFS CSI", () => {
    straightCases(context);
    juicefsCsiCases(context);
  });
  describe.concurrent("memory", () => memoryCases(context));
  describe("node", () => nodeWideCases(context));

  it("every file of every source is as it was", () => {
    const { node } = context();
    const sums = Object.entries(content).map(([path, text]) => [path, checksum(text)]);
    for (const source of ["training", "scratch", "books"] as const)
      expect(checksums(node, source)).toMatchObject(Object.fromEntries(sums));
  });
});
