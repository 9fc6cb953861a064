import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { draftClient, inDependencyOrder, mountedClaims } from "../../src/pod/client-draft.ts";
import type { ClientPlan } from "../../src/pod/client-plan.ts";
import { clientPlanOf, clientTemplateOf } from "../support/client-template-of.ts";

/** Client `number` serves claim `claim`, and mounts the claims `sources` itself. */
function planFor(number: number, claim: string, ...sources: string[]): ClientPlan {
  const volumes = sources.map((name) => ({ name: `of-${name}`, persistentVolumeClaim: { claimName: name } }));
  const claims = [{ name: claim, subPath: "", readOnly: false }];
  return clientPlanOf({
    number,
    name: `fluid-fuse-${number}`,
    claims,
    template: clientTemplateOf({}, { volumes }),
  });
}

function draftsOf(...plans: ClientPlan[]) {
  const taken = new Set<string>();
  return plans.map((plan) => draftClient(plan, taken));
}

function podWithMounted(...claims: string[]): Pod {
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  const volumeMounts = claims.map((name) => ({ name, mountPath: `/${name}` }));
  return { spec: { volumes, containers: [], initContainers: [{ name: "prepare", volumeMounts }] } };
}

describe("a draft", () => {
  const volumes = [
    { name: "script", configMap: { name: "c" } },
    { name: "disk", persistentVolumeClaim: { claimName: "d" } },
  ];
  const template = clientTemplateOf({ volumeDevices: [{ name: "disk", devicePath: "/dev/x" }] }, { volumes });

  it("numbers its template's volumes and what uses them, and leaves the shared mount out", () => {
    const { container, volumes } = draftClient(clientPlanOf({ template, number: 3 }), new Set());
    expect(volumes.map(({ name }) => name)).toEqual(["script-3", "disk-3"]);
    expect(container.volumeMounts).toEqual([{ name: "script-3", mountPath: "/script" }]);
    expect(container.volumeDevices).toEqual([{ name: "disk-3", devicePath: "/dev/x" }]);
  });

  it("takes no name that is taken, and takes its names from those who come later", () => {
    const taken = new Set(["script-0"]);
    const names = [0, 0].map(() => draftClient(clientPlanOf(), taken).volumes.map(({ name }) => name));
    expect(names).toEqual([["script-0-2"], ["script-0-3"]]);
  });

  it("shortens names that get too long", () => {
    const long = "v".repeat(63);
    const plan = clientPlanOf({
      template: clientTemplateOf({}, { volumes: [{ name: long, emptyDir: {} }] }),
    });
    expect(draftClient(plan, new Set()).volumes[0]?.name).toMatch(/^v{54}-[0-9a-f]{8}$/);
  });
});

describe("mounted claims", () => {
  it.each<[string, string[], string[]]>([
    ["are those that a container mounts", ["a"], ["a"]],
    ["and those that the clients of these mount, too", ["c"], ["c", "b", "a"]],
    ["and no others", [], []],
  ])("%s", (_, mounted, expected) => {
    const drafts = draftsOf(planFor(0, "a"), planFor(1, "b", "a"), planFor(2, "c", "b"));
    expect([...mountedClaims(drafts, podWithMounted(...mounted))]).toEqual(expected);
  });
});

describe("dependency order", () => {
  it.each<[string, ClientPlan[], number[]]>([
    ["is that of the numbers where no client needs another", [planFor(0, "a"), planFor(1, "b")], [0, 1]],
    ["puts a source before its reader", [planFor(0, "a", "b"), planFor(1, "b")], [1, 0]],
    [
      "goes through several levels",
      [planFor(0, "a", "b"), planFor(1, "x"), planFor(2, "b", "c"), planFor(3, "c")],
      [3, 2, 0, 1],
    ],
    ["ends when two need each other", [planFor(0, "a", "b"), planFor(1, "b", "a")], [1, 0]],
  ])("%s", (_, plans, numbers) => {
    expect(inDependencyOrder(draftsOf(...plans)).map(({ plan }) => plan.number)).toEqual(numbers);
  });
});
