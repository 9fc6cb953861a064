import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { type ClientMark, markInjected, markUsage } from "../../src/admission/marks.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { version } from "../../src/version.ts";

const status = { mode: "sidecar", platform: "kubernetes", sidecar: "native" };

function markOf(name: string, parts: Partial<ClientMark> = {}): ClientMark {
  const dataset = { namespace: "default", name };
  const container = "fluid-fuse-0";
  return { claim: name, container, family: "fluid", dataset, scrapesMetrics: false, inUse: true, ...parts };
}

function mark(clients: ClientMark[], metadata: Pod["metadata"] = {}) {
  const editor = new PodEditor({ metadata, spec: { containers: [{ name: "fluid-fuse-9" }] } });
  markInjected(editor, clients, status);
  return { labels: editor.pod.metadata?.labels, annotations: editor.pod.metadata?.annotations ?? {} };
}

function clientsIn(annotations: Record<string, string>): unknown {
  return JSON.parse(annotations["sluice.io/status"] ?? "{}").clients;
}

describe("the marks of an injected pod", () => {
  it("are made with one look at each container, however many clients a copied mark names", () => {
    let looks = 0;
    const containers = Array.from({ length: 100 }, (_, index) => ({
      get name() {
        looks += 1;
        return `c${index}`;
      },
    }));
    const claims = Array.from({ length: 1_000 }, (_, index) => [`claim-${index}`, `c${index}`]);
    const copied = JSON.stringify({ clients: Object.fromEntries(claims) });
    const editor = new PodEditor({
      metadata: { annotations: { "sluice.io/status": copied } },
      spec: { containers },
    });
    markInjected(editor, [markOf("data")], status);
    expect(Object.keys(Object(clientsIn(editor.pod.metadata?.annotations ?? {})))).toHaveLength(101);
    expect(looks).toBeLessThan(1_000);
  });

  it("are Fluid's labels and annotations, and our status", () => {
    expect(mark([markOf("data"), markOf("models", { container: "fluid-fuse-1" })])).toEqual({
      labels: {
        "done.sidecar.fluid.io/inject": "true",
        "fluid.io/managed-by": "fluid",
        "dataset-name.sidecar.fluid.io/fluid-fuse-0": "data",
        "dataset-namespace.sidecar.fluid.io/fluid-fuse-0": "default",
        "dataset-name.sidecar.fluid.io/fluid-fuse-1": "models",
        "dataset-namespace.sidecar.fluid.io/fluid-fuse-1": "default",
      },
      annotations: {
        "fluid.io/datasets-in-use": "data,models",
        "sluice.io/status": JSON.stringify({
          verdict: "injected",
          version,
          ...status,
          clients: { data: "fluid-fuse-0", models: "fluid-fuse-1" },
        }),
      },
    });
  });

  it("keep the user's own", () => {
    const { labels, annotations } = mark([markOf("data")], {
      labels: { app: "a" },
      annotations: { note: "n" },
    });
    expect([labels?.["app"], annotations["note"]]).toEqual(["a", "n"]);
  });

  it.each([
    ["d".repeat(63), true],
    ["d".repeat(64), false],
    ["a.b", true],
  ])("hold the Dataset's name %s where a label can: %s", (name, fits) => {
    const { labels, annotations } = mark([markOf(name)]);
    expect(labels?.["dataset-name.sidecar.fluid.io/fluid-fuse-0"]).toBe(fits ? name : undefined);
    expect(annotations["fluid.io/datasets-in-use"]).toBe(name);
  });

  it.each([
    ["adds to the datasets in use, sorted", "z, data,,b", "b,data,z"],
    ["begins that list", undefined, "data"],
  ])("%s", (_, before, after) => {
    const annotations = before === undefined ? {} : { "fluid.io/datasets-in-use": before };
    expect(mark([markOf("data")], { annotations }).annotations["fluid.io/datasets-in-use"]).toBe(after);
  });

  it("count only datasets that the pod mounts itself as in use", () => {
    const { annotations } = mark([markOf("data"), markOf("source", { inUse: false })]);
    expect(annotations["fluid.io/datasets-in-use"]).toBe("data");
    expect(clientsIn(annotations)).toEqual({ data: "fluid-fuse-0", source: "fluid-fuse-0" });
  });

  it.each<[string, string | undefined, unknown]>([
    [
      "takes over the clients of an earlier status",
      '{"clients":{"old":"fluid-fuse-9"}}',
      { data: "fluid-fuse-0", old: "fluid-fuse-9" },
    ],
    [
      "drops clients that are not in the pod, as of a mark that was copied",
      '{"clients":{"gone":"fluid-fuse-8","old":"fluid-fuse-9"}}',
      { data: "fluid-fuse-0", old: "fluid-fuse-9" },
    ],
    ["does not trust one that is no JSON", "{", { data: "fluid-fuse-0" }],
    ["does not trust one of another shape", '{"clients":{"old":1}}', { data: "fluid-fuse-0" }],
    ["does not trust one that is null", "null", { data: "fluid-fuse-0" }],
  ])("%s", (_, before, clients) => {
    const annotations = before === undefined ? {} : { "sluice.io/status": before };
    expect(clientsIn(mark([markOf("data")], { annotations }).annotations)).toEqual(clients);
  });

  it.each<[string, boolean, Record<string, string>, string | undefined]>([
    ["asks for scraping", true, {}, "true"],
    ["keeps what the user says of scraping", true, { "prometheus.fuse.fluid.io/scrape": "false" }, "false"],
    ["asks for none", false, {}, undefined],
  ])("%s", (_, scrapesMetrics, annotations, expected) => {
    const marked = mark([markOf("data", { scrapesMetrics })], { annotations });
    expect(marked.annotations["prometheus.fuse.fluid.io/scrape"]).toBe(expected);
  });
});

it("markUsage only lists the datasets in use", () => {
  const editor = new PodEditor({ metadata: {}, spec: { containers: [] } });
  markUsage(editor, [markOf("b"), markOf("a")]);
  expect(editor.pod.metadata).toEqual({ annotations: { "fluid.io/datasets-in-use": "a,b" } });
});
