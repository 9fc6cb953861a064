import { expect, it } from "vitest";
import { celProblems } from "./cel-text.ts";

it.each([
  ["has(object.spec.volumes) && object.spec.volumes.exists(v, has(v.ephemeral))", []],
  ["object.spec.volumes.exists(v, has(v.ephemeral))", ["object.spec.volumes is read without has()"]],
  ["has(c.command) && c.restartPolicy == 'Always'", ["c.restartPolicy is read without has()"]],
  ["c.command[0] == 'a' && has(c.command)", ["c.command is read without has()"]],
  ["object.metadata.labels['a.b'] == 'c'", ["object.metadata.labels is read without has()"]],
  ["(has(c.command)", ["( is not closed"]],
  ["c.name in [1)", [") closes nothing"]],
  ["c.name == r'(' + ')'", []],
  ["c.name == 'a", ["a string does not end"]],
])("%s: %j", (expression, problems) => {
  expect(celProblems(expression)).toEqual(problems);
});
