import { expect, it } from "vitest";
import { addCacheGate, type CacheWait, hasCacheGate, parseCacheWait } from "../../src/pod/cache-gate.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { podWith } from "../support/decide-pod.ts";

const wait: CacheWait = { share: 80, limitSeconds: 1_800, otherwise: "fail", datasets: ["default/data"] };

it("gates a pod beside the gates of others, once, and says what it waits for", () => {
  const editor = new PodEditor(podWith([], { schedulingGates: [{ name: "example.com/quota" }] }));
  addCacheGate(editor, wait, "why");
  addCacheGate(editor, { ...wait, share: 1 }, "why");
  expect(editor.pod.spec?.schedulingGates).toEqual([
    { name: "example.com/quota" },
    { name: "sluice.io/cache" },
  ]);
  expect(hasCacheGate(editor.pod)).toBe(true);
  expect(editor.pod.metadata?.labels).toEqual({ "sluice.io/needs-controllers": "true" });
  expect(parseCacheWait(editor.pod.metadata?.annotations?.["sluice.io/cache-wait"])).toEqual(wait);
});

it.each([
  wait,
  { ...wait, share: undefined },
  { ...wait, limitSeconds: 0, otherwise: "start" },
  { ...wait, datasets: [] },
])("reads back %j", (written) => {
  expect(parseCacheWait(JSON.stringify(written))).toEqual(JSON.parse(JSON.stringify(written)));
});

it.each([
  undefined,
  "",
  "{",
  "null",
  "[]",
  "80%",
  JSON.stringify({ ...wait, share: 0 }),
  JSON.stringify({ ...wait, share: 101 }),
  JSON.stringify({ ...wait, share: "80" }),
  JSON.stringify({ ...wait, limitSeconds: -1 }),
  JSON.stringify({ ...wait, limitSeconds: null }),
  JSON.stringify({ ...wait, otherwise: "wait" }),
  JSON.stringify({ ...wait, datasets: "default/data" }),
  JSON.stringify({ ...wait, datasets: [1] }),
])("does not understand %j", (text) => {
  expect(parseCacheWait(text)).toBeUndefined();
});
