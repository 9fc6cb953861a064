import { createHash } from "node:crypto";

const longest = 253;

/**
 * Name of the Secret that is made for the clients of a claim, in the claim's namespace. It ends as the JuiceFS CSI
 * driver's own do, and is never one of theirs.
 */
export function clientSecretName(claim: string): string {
  const name = `sluice-${claim}-jfs-secret`;
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(claim).digest("hex").slice(0, 16);
  return `sluice-${claim.slice(0, 200).replace(/[-.]+$/, "")}-${hash}-jfs-secret`;
}
