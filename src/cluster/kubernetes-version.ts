import type { KubernetesVersion } from "./cluster-view.ts";

/**
 * Reads "v1.33.2", "1.33" or a vendor's "v1.28.3-eks-4f4795d" or "1.29+".
 * Returns undefined for anything that does not begin with two numbers.
 */
export function parseKubernetesVersion(text: string): KubernetesVersion | undefined {
  const found = /^v?(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text);
  return found === null ? undefined : { major: Number(found[1]), minor: Number(found[2]) };
}

/**
 * Whether a component of this version runs native sidecars, which are on by default since 1.29.
 * Source: Kubernetes docs, "Sidecar Containers".
 */
export function runsNativeSidecars(version: KubernetesVersion | undefined): boolean {
  if (version === undefined) return false;
  return version.major > 1 || (version.major === 1 && version.minor >= 29);
}
