import type { EnvVar } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { followSubPathExpression } from "../../src/pod/sub-path-expression.ts";

const podName = { fieldRef: { fieldPath: "metadata.name" } };
const env: EnvVar[] = [
  { name: "LITERAL", value: "early" },
  { name: "LITERAL", value: "x$$y" },
  { name: "EMPTY", value: "" },
  { name: "UNSET" },
  { name: "UP", value: "../up" },
  { name: "MADE", value: "$(LITERAL)" },
  { name: "POD", valueFrom: podName },
  { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
  { name: "CONFIG", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
  { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
];
const container = { name: "my-app", env };

describe("followSubPathExpression", () => {
  it.each<[string, string, string, string[]]>([
    ["plain text", "a/b", "a/b", []],
    ["a literal variable, the last of its name", "$(LITERAL)/z", "x$$y/z", []],
    ["an empty variable", "a$(EMPTY)$(UNSET)b", "ab", []],
    ["a variable from the pod", "runs/$(POD)", "runs/$(SLUICE_PATH_my-app_POD)", ["SLUICE_PATH_my-app_POD"]],
    ["an escaped dollar", "$$(POD)", "$$(POD)", []],
    ["a dollar that begins nothing", "a$b", "a$$b", []],
    ["an open bracket", "a$(POD", "a$$(POD", []],
    ["nothing", "", "", []],
  ])("follows %s", (_, expression, source, variables) => {
    const followed = followSubPathExpression(expression, container);
    expect(followed).toEqual({
      kind: "followed",
      source,
      env: variables.map((name) => ({ name, valueFrom: podName })),
    });
  });

  it.each<[string, string, string]>([
    ["a Secret's value", "$(SECRET)", "comes from a Secret"],
    ["a ConfigMap's value", "$(CONFIG)", "comes from a Secret, ConfigMap"],
    ["a resource", "$(CPU)", "or resource"],
    ["a variable of variables", "$(MADE)", "made of other variables"],
    ["an unknown variable", "$(NONE)", "states no variable NONE"],
    ["a name without end inside another", "$($(POD))", "states no variable $(POD"],
    ["what climbs", "a/../b", "leads out of the dataset"],
    ["what climbs by a variable", "$(UP)", "leads out of the dataset"],
    ["what is absolute", "/a", "leads out of the dataset"],
  ])("refuses %s", (_, expression, why) => {
    expect(followSubPathExpression(expression, container)).toMatchObject({
      kind: "refused",
      why: expect.stringContaining(why),
    });
  });

  it("gives two variables two names, whatever signs they are made of", () => {
    const named = (name: string, variable: string) =>
      followSubPathExpression(`$(${variable})`, { name, env: [{ name: variable, valueFrom: podName }] });
    expect(named("a-b", "C")).not.toEqual(named("a", "B_C"));
    expect(named("a", "B-C")).not.toEqual(named("a", "B_C"));
  });
});
