import type { EnvVar, Lifecycle } from "kubernetes-types/core/v1";
import { describe, type Take, takeList, takeMapping, takeText } from "./checked-value.ts";
import { fieldAt, type RawObject } from "./raw-fields.ts";

/** An object of Kubernetes' own, of which only that is checked which would break the pod's patch. */
export function takeNamed<T extends object>(...keys: readonly string[]): Take<T> {
  return (value, path, remarks) => {
    const mapping = takeMapping(value, path, remarks);
    if (mapping === undefined) return undefined;
    for (const key of keys) {
      if (typeof mapping[key] === "string" && mapping[key] !== "") continue;
      remarks.problems.push(`${path}.${key} must be a text, and is ${describe(mapping[key])}`);
      return undefined;
    }
    return mapping as RawObject & T;
  };
}

/** The command of preStop is the only part of it that is read. */
export const takeLifecycle: Take<Lifecycle> = (value, path, remarks) => {
  const found = takeMapping(value, path, remarks);
  const command = fieldAt(found, "preStop", "exec", "command") ?? [];
  return takeList(takeText)(command, `${path}.preStop.exec.command`, remarks) && found;
};

/** A value that is no text, such as a bare number, would break the pod's patch. */
export const takeVariable: Take<EnvVar> = (value, path, remarks) => {
  const found = takeNamed<EnvVar>("name")(value, path, remarks);
  const text = fieldAt(found, "value") ?? "";
  return takeText(text, `${path}.value`, remarks) === undefined ? undefined : found;
};
