/**
 * What Kubernetes makes of a word of a container's command, args or environment.
 * Kubernetes: third_party/forked/golang/expansion/expand.go.
 */
export function expandAsKubelet(word: string, env: Readonly<Record<string, string>>): string {
  return word.replace(/\$(?:\$|\(([^)]*)\))/g, (all: string, name: string | undefined) =>
    all === "$$" ? "$" : ((name === undefined ? undefined : env[name]) ?? all),
  );
}
