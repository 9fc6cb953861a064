import type { Container } from "kubernetes-types/core/v1";

/** What a supervised client's container says of itself in its plain arguments. */
export interface Supervised {
  /** Where the client mounts, inside its container. */
  readonly mountPath: string;
  readonly views: readonly { readonly path: string; readonly source: string; readonly readOnly: boolean }[];
  /** The client's own command; empty where the supervisor attends a client in another container. */
  readonly client: readonly string[];
}

/**
 * Reads `sh -c SCRIPT sluice-supervisor MOUNT (VIEW SOURCE ro|rw)* -- CLIENT...`; undefined for any other command.
 * Written here once more, from the contract, so that the test does not believe the code it tests.
 */
export function supervised(container: Container): Supervised | undefined {
  const [shell, flag, , name, mountPath, ...rest] = [...(container.command ?? []), ...(container.args ?? [])];
  if (!shell?.endsWith("sh") || flag !== "-c" || name !== "sluice-supervisor" || mountPath === undefined)
    return undefined;
  const end = rest.indexOf("--");
  const triples = end === -1 ? rest : rest.slice(0, end);
  const views: { path: string; source: string; readOnly: boolean }[] = [];
  for (let i = 0; i < triples.length; i += 3) {
    const [path, source, access] = triples.slice(i, i + 3);
    if (path === undefined || source === undefined || (access !== "ro" && access !== "rw")) return undefined;
    views.push({ path: literal(path), source: literal(source), readOnly: access === "ro" });
  }
  return { mountPath: literal(mountPath), views, client: end === -1 ? [] : rest.slice(end + 1) };
}

/** In a container's command a dollar sign is written as two, lest Kubernetes take it for a variable. */
function literal(text: string): string {
  return text.replaceAll("$$", "$");
}
