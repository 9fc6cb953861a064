import { describe, expect, it } from "vitest";
import { decideJuicefs, onCci, onVci } from "../support/juicefs-pod.ts";

/** A pod with a claim for each list of attributes. */
const decided = (attributes: readonly Readonly<Record<string, string>>[], metadata = {}, config?: string) =>
  decideJuicefs({ volumes: attributes.map((each) => ({ attributes: each })), metadata, config });

describe("labels and annotations that a volume asks for its clients (W43)", () => {
  const marks = {
    "juicefs/mount-labels": "team: vision",
    "juicefs/mount-annotations": '{"example.com/a": "b"}',
  };

  it("stand on the pod, where it has none of that key", () => {
    const { pod } = decided([marks]);
    expect(pod.metadata?.labels).toMatchObject({ team: "vision" });
    expect(pod.metadata?.annotations).toMatchObject({ "example.com/a": "b" });
    const own = decided([marks], { labels: { team: "speech" }, annotations: { "example.com/a": "c" } });
    expect(own.pod.metadata?.labels).toMatchObject({ team: "speech" });
    expect(own.pod.metadata?.annotations).toMatchObject({ "example.com/a": "c" });
  });

  it("stand on the pod whatever their keys are", () => {
    const { pod, edits } = decided([{ "juicefs/mount-labels": "constructor: vision" }], {
      labels: { a: "b" },
    });
    expect(Object.entries(pod.metadata?.labels ?? {})).toContainEqual(["constructor", "vision"]);
    const path = "/metadata/labels/constructor";
    expect(edits.map(({ operation }) => operation)).toContainEqual({ op: "add", path, value: "vision" });
  });

  it("give way, each as a whole, to those of the driver's configuration", () => {
    const { pod } = decided([marks], {}, "mountPodPatch: [{labels: {cost: a}}]");
    expect(pod.metadata?.labels).toMatchObject({ cost: "a" });
    expect(pod.metadata?.labels).not.toHaveProperty("team");
    expect(pod.metadata?.annotations).toMatchObject({ "example.com/a": "b" });
  });

  it.each([
    ["no YAML", { "juicefs/mount-labels": "a: [" }],
    ["no map", { "juicefs/mount-annotations": "- a" }],
    ["a value that is no label's", { "juicefs/mount-labels": "team: not one" }],
    ["a key that is none", { "juicefs/mount-annotations": '{"a b": "c"}' }],
  ])("refuse the pod where they are %s", (_, attributes) => {
    const { verdict, findings } = decided([attributes]);
    expect([verdict, findings[0]?.code]).toEqual(["rejected", "volume-bad-value"]);
    expect(findings[0]?.message).toContain(Object.keys(attributes)[0]);
  });
});

describe("what the driver tells platforms that mount by a means of their own", () => {
  it.each([
    ["VCI", onVci],
    ["CCI", onCci],
  ])("stands on pods for %s, of all volumes", (_, metadata) => {
    const { verdict, pod } = decided([{}, {}], metadata);
    expect(verdict).toBe("injected");
    expect(pod.metadata?.annotations).toMatchObject({
      "juicefs-uuid": "corpfs",
      "juicefs-uniqueid": "handle-0,handle-1",
    });
  });

  it("stands nowhere else, and never replaces what is there", () => {
    expect(Object.keys(decided([{}]).pod.metadata?.annotations ?? {}).join()).not.toContain("juicefs-");
    const annotations = { ...onVci.annotations, "juicefs-uuid": "mine" };
    expect(decided([{}], { annotations }).pod.metadata?.annotations).toMatchObject({
      "juicefs-uuid": "mine",
      "juicefs-uniqueid": "handle-0",
    });
  });
});
