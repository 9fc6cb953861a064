import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, it } from "vitest";
import { ApiConnection } from "../../../src/cluster/api-connection.ts";
import { followObjects } from "../../../src/cluster/follow-objects.ts";
import { loadKubeConfig } from "../../../src/cluster/kube-config.ts";
import { defaultConfig } from "../../../src/config.ts";
import { findMissed } from "../../../src/controllers/audit/find-missed.ts";
import { readInjectedPod } from "../../../src/controllers/client-census/injected-pod.ts";
import { temporaryFolder } from "../../cli/demo-folder.ts";
import { optedInCluster } from "../../support/decide-pod.ts";
import { fluidDataset } from "../../support/fluid-dataset.ts";
import { Closing } from "../../support/live-cluster.ts";
import { serveManyPods } from "../../support/many-pods.ts";

const closing = new Closing();
afterEach(() => closing.all());

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const usedMb = () => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};

/** SLUICE_MANY_PODS=50000: as many as docs/controllers.md has figures for. */
const count = Number(process.env["SLUICE_MANY_PODS"] ?? 2_000);

async function connect() {
  const api = await serveManyPods({ count, missedEvery: 1_000 });
  const kubeconfig = join(temporaryFolder(), "config");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "a", cluster: { server: api.url, "insecure-skip-tls-verify": true } }],
      users: [{ name: "a", user: {} }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      "current-context": "a",
    }),
  );
  const connection = new ApiConnection(() => loadKubeConfig({ kubeconfig }));
  closing.add(async () => {
    connection.close();
    await api.close();
  });
  return { api, connection };
}

it("of many pods the audit keeps what it found, and holds a page at a time", async () => {
  const { api, connection } = await connect();
  const view = optedInCluster([fluidDataset("data")]);
  const before = usedMb();
  let highest = 0;
  const watching = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().heapUsed / 1e6);
  }, 20);
  const begun = performance.now();
  const options = { connection, view, config: defaultConfig };
  const { found: missed, looked } = await findMissed(options, new AbortController().signal);
  const ms = Math.round(performance.now() - begun);
  clearInterval(watching);
  const kept = usedMb() - before;
  console.log(
    `audit of ${looked} pods: ${ms} ms, ${kept.toFixed(1)} MB kept, at most ${(highest - before).toFixed(0)} MB at a time (garbage included)`,
  );
  expect([looked, missed.length, api.pages()]).toEqual([count, count / 1_000, count / 500]);
  expect(missed[0]).toMatchObject({ name: "pod-0", mounts: ["Dataset default/data"] });
});

it("of many injected pods that are followed little is kept", async () => {
  const { connection } = await connect();
  const stop = new AbortController();
  const before = usedMb();
  const followed = followObjects(
    {
      connection,
      resource: { kind: "Pod", group: "", version: "v1", plural: "pods", namespaced: true },
      project: (raw) => readInjectedPod(raw),
      onChange: () => undefined,
      onProblem: () => undefined,
      now: Date.now,
    },
    stop.signal,
  );
  await followed.synced;
  const kept = usedMb() - before;
  console.log(`${followed.status().objects} injected pods followed: ${kept.toFixed(1)} MB kept`);
  expect([...followed.entries()]).toHaveLength(count - count / 1_000);
  stop.abort();
  await followed.ended;
});
