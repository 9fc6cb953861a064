import type { Container, EnvVar } from "kubernetes-types/core/v1";
import { escapeExpansion } from "./client-commands.ts";
import { splitExpansion } from "./expansion.ts";
import { OwnVariables } from "./own-variables.ts";

export type FollowedExpression =
  | {
      readonly kind: "followed";
      /** The path in Kubernetes' expansion syntax, over the variables of the client. */
      readonly source: string;
      /** Variables that the client needs besides its own. */
      readonly env: readonly EnvVar[];
    }
  | { readonly kind: "refused"; readonly why: string };

/**
 * Rewrites a container's `subPathExpr` so that the client can follow it: literal variables are put in, variables that
 * the kubelet fills from the pod are copied to the client under a name of their own.
 * A variable from a Secret or ConfigMap is refused: it would show in the client's arguments. `variables`: the container's.
 */
export function followSubPathExpression(
  expression: string,
  container: Container,
  variables: OwnVariables = new OwnVariables(container),
): FollowedExpression {
  const env: EnvVar[] = [];
  let source = "";
  for (const part of splitExpansion(expression)) {
    if (part === "$$") source += part;
    else if (!part.startsWith("$(") || !part.endsWith(")")) source += escapeExpansion(part);
    else {
      const name = part.slice(2, -1);
      const variable = variables.find(name);
      const followed = variable === undefined ? undefined : followVariable(variable, container.name);
      if (followed === undefined) return { kind: "refused", why: whyNot(name, container.name, variable) };
      source += followed.source;
      if (followed.env !== undefined) env.push(followed.env);
    }
  }
  if (source.startsWith("/") || source.split("/").includes(".."))
    return { kind: "refused", why: `it leads out of the dataset (${source})` };
  return { kind: "followed", source, env };
}

function followVariable(variable: EnvVar, container: string): { source: string; env?: EnvVar } | undefined {
  const { value, valueFrom } = variable;
  if (valueFrom?.fieldRef !== undefined) {
    // A container's name has no underscore, so no two of them get one name.
    const name = `SLUICE_PATH_${container}_${variable.name}`;
    return { source: `$(${name})`, env: { name, valueFrom } };
  }
  if (valueFrom !== undefined || value?.includes("$(")) return undefined;
  return { source: escapeExpansion((value ?? "").replaceAll("$$", "$")) };
}

function whyNot(name: string, container: string, variable: EnvVar | undefined): string {
  if (variable === undefined) return `container ${container} states no variable ${name} of its own`;
  if (variable.valueFrom !== undefined)
    return `its variable ${name} comes from a Secret, ConfigMap or resource`;
  return `its variable ${name} is made of other variables`;
}
