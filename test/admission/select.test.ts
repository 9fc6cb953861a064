import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mode } from "../../src/admission/decision.ts";
import { select } from "../../src/admission/select.ts";

const serverless = "serverless.fluid.io/inject";
const deprecated = "fuse.sidecar.fluid.io/inject";
const serverful = "fuse.serverful.fluid.io/inject";
const own = "sluice.io/inject";
const enabled = "fluid.io/enable-injection";
const optedIn = { "sluice.io/injection": "enabled" };

type Labels = Record<string, string>;

/** "sidecar", "csi", or why not; "!" behind it for a warning. */
function selected(labels: Labels, namespace: Labels = {}, asked?: Mode, config: Mode = "sidecar"): string {
  const selection = select({ metadata: { labels } }, namespace, asked, { mode: config });
  if (!selection.asks) return selection.finding.code;
  return selection.mode + "!".repeat(selection.findings.filter(({ code }) => code !== "opted-in").length);
}

describe("select", () => {
  it.each<[string, Labels, Labels, string]>([
    ["nothing said", {}, {}, "not-opted-in"],
    ["the namespace opts in", {}, optedIn, "sidecar"],
    ["the namespace says something else", {}, { "sluice.io/injection": "true" }, "not-opted-in"],
    ["the pod opts in", { [own]: "true" }, {}, "sidecar"],
    ["the pod opts out of its namespace", { [own]: "false" }, optedIn, "opted-out"],
    ["Fluid's sidecar label", { [serverless]: "true" }, {}, "sidecar"],
    ["its deprecated name", { [deprecated]: "true" }, {}, "sidecar"],
    ["Fluid's csi label", { [serverful]: "true" }, {}, "csi"],
    ["Fluid's label with another value", { [serverless]: "True", [serverful]: "yes" }, {}, "not-opted-in"],
    ["Fluid's label says no, the namespace yes", { [serverless]: "false" }, optedIn, "sidecar"],
    ["Fluid's csi label in a namespace that opts in", { [serverful]: "true" }, optedIn, "csi"],
    ["Fluid's csi label beside ours", { [serverful]: "true", [own]: "true" }, {}, "csi"],
    ["Fluid's two labels", { [serverless]: "true", [serverful]: "true" }, {}, "sidecar!"],
    ["Fluid's two labels, one deprecated", { [deprecated]: "true", [serverful]: "true" }, {}, "sidecar!"],
    ["Fluid's opt-out", { [serverless]: "true", [enabled]: "false" }, optedIn, "opted-out"],
    ["Fluid's opt-out with another value", { [serverless]: "true", [enabled]: "true" }, {}, "sidecar"],
    ["our opt-out beats Fluid's opt-in", { [serverless]: "true", [own]: "false" }, {}, "opted-out"],
  ])("%s", (_, labels, namespace, expected) => {
    expect(selected(labels, namespace)).toBe(expected);
  });

  it.each<[string, Labels, Mode | undefined, Mode, string]>([
    ["the configuration decides for our opt-in", { [own]: "true" }, undefined, "csi", "csi"],
    ["it does not for Fluid's labels", { [serverless]: "true" }, undefined, "csi", "sidecar"],
    ["the annotation beats the configuration", { [own]: "true" }, "sidecar", "csi", "sidecar"],
    ["the annotation beats Fluid's sidecar label", { [serverless]: "true" }, "csi", "sidecar", "csi"],
    ["the annotation beats Fluid's csi label", { [serverful]: "true" }, "sidecar", "csi", "sidecar"],
    [
      "the annotation settles a contradiction",
      { [serverless]: "true", [serverful]: "true" },
      "csi",
      "sidecar",
      "csi",
    ],
    ["the annotation does not opt in", {}, "sidecar", "sidecar", "not-opted-in"],
  ])("%s", (_, labels, asked, config, expected) => {
    expect(selected(labels, {}, asked, config)).toBe(expected);
  });

  it.each<[string, Labels, "enabled" | "disabled", string]>([
    ["injection is switched off for everybody", { [serverless]: "true" }, "disabled", "injection-disabled"],
    ["a label that names a platform, with any value", { "example.com/vnode": "" }, "enabled", "sidecar"],
    [
      "it goes before Fluid's csi label",
      { "example.com/vnode": "x", [serverful]: "true" },
      "enabled",
      "sidecar",
    ],
    [
      "Fluid's opt-out goes before it",
      { "example.com/vnode": "x", [enabled]: "false" },
      "enabled",
      "opted-out",
    ],
  ])("%s", (_, labels, injection, expected) => {
    const config = { mode: "csi", injection, platformLabel: "example.com/vnode" } as const;
    const selection = select({ metadata: { labels } }, {}, undefined, config);
    expect(selection.asks ? selection.mode : selection.finding.code).toBe(expected);
    if (selection.asks) expect(selection.by).toBe(`label example.com/vnode=${labels["example.com/vnode"]}`);
  });

  it("names the label by which a pod asks, Fluid's first", () => {
    const by = (labels: Labels, namespace: Labels) => {
      const selection = select({ metadata: { labels } }, namespace, undefined, { mode: "sidecar" });
      return selection.asks ? selection.by : undefined;
    };
    expect(by({ [own]: "true", [serverless]: "true" }, optedIn)).toBe(`label ${serverless}=true`);
    expect(by({ [own]: "true" }, optedIn)).toBe(`label ${own}=true`);
    expect(by({}, optedIn)).toBe("namespace label sluice.io/injection=enabled");
  });

  it("is in every combination: out before in, sidecar before csi", () => {
    const value = fc.constantFrom(undefined, "true", "false", "odd");
    const all = fc.tuple(value, value, value, value, value, fc.constantFrom({}, optedIn));
    fc.assert(
      fc.property(all, fc.constantFrom("sidecar" as const, "csi" as const), (values, config) => {
        const [ofOwn, ofServerless, ofDeprecated, ofServerful, ofEnabled, namespace] = values;
        const entries = Object.entries({
          [own]: ofOwn,
          [serverless]: ofServerless,
          [deprecated]: ofDeprecated,
          [serverful]: ofServerful,
          [enabled]: ofEnabled,
        }).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]]));
        const got = selected(Object.fromEntries(entries), namespace, undefined, config).replace("!", "");
        const sidecar = ofServerless === "true" || ofDeprecated === "true";
        if (ofOwn === "false" || ofEnabled === "false") expect(got).toBe("opted-out");
        else if (sidecar) expect(got).toBe("sidecar");
        else if (ofServerful === "true") expect(got).toBe("csi");
        else if (ofOwn === "true" || namespace === optedIn) expect(got).toBe(config);
        else expect(got).toBe("not-opted-in");
      }),
      { seed: 20261122, numRuns: 1000 },
    );
  });
});
