import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { startTestServer } from "../support/start-server.ts";
import { haveJuicefsRecordings, recordedObjects, writeCluster } from "./juicefs-cases.ts";

const folder = new URL("../../../shared/cases/juicefs/cases/", import.meta.url).pathname;
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+-validate-/.test(name)) : [];

interface Recorded {
  readonly request: { readonly resource: { readonly resource: string }; readonly operation: string };
}

function read<T>(name: string, file: string): T {
  return JSON.parse(readFileSync(join(folder, name, file), "utf8"));
}

describe("the JuiceFS CSI driver's own validators, recorded on a real API server", () => {
  if (!haveJuicefsRecordings) it.skip("the recordings are not at hand: nothing is compared");

  it.each(names.filter((name) => !name.includes("evict")))("%s: the same verdict", async (name) => {
    const theirs = read<{ response: { allowed: boolean } }>(name, "response.json");
    const review = read<Recorded>(name, "request.json");
    const path =
      review.request.resource.resource === "secrets" ? "/juicefs/validate-secret" : "/juicefs/validate-pv";
    const objects = writeCluster(recordedObjects());
    const cluster = await openManifestCluster(objects, { follow: false, kubernetesVersion: "1.36" });
    const server = await startTestServer({ cluster });
    try {
      const { body } = await server.post(review, path);
      expect(body).toMatchObject({ response: { allowed: theirs.response.allowed } });
    } finally {
      await server.stop();
      await cluster.close();
      await rm(objects, { recursive: true });
    }
  });

  it.runIf(haveJuicefsRecordings)("all but those of evictions are compared, which are of mount pods", () => {
    expect(names.filter((name) => !name.includes("evict")).length).toBeGreaterThanOrEqual(5);
    for (const name of names.filter((one) => one.includes("evict")))
      expect(read<Recorded>(name, "request.json").request.resource.resource, name).toBe("pods");
  });
});
