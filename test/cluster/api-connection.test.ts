import { afterEach, expect, it } from "vitest";
import { ApiConnection } from "../../src/cluster/api-connection.ts";
import { loadKubeConfig } from "../../src/cluster/kube-config.ts";
import { Closing, startApi } from "../support/live-cluster.ts";

const closing = new Closing();
afterEach(() => closing.all());

it("gives up an answer that is longer than whoever asks can hold", async () => {
  const api = await startApi(closing);
  const connection = new ApiConnection(() => loadKubeConfig({ kubeconfig: api.kubeconfig }));
  closing.add(async () => connection.close());
  const read = (mostBytes?: number) =>
    connection.getJson("/api/v1/namespaces", { idleMs: 60_000, ...(mostBytes && { mostBytes }) });
  const length = JSON.stringify(await read()).length;
  expect(await read(length + 1_000)).toHaveProperty("items");
  await expect(read(16)).rejects.toThrow("the answer is longer than");
});
