import { createHash } from "node:crypto";

/** So that all of the name stays within the 253 characters of an object's name. */
const longestClaim = 200;

/**
 * Name of the Secret that is made for the clients of a claim, in the claim's namespace. It ends as the JuiceFS CSI
 * driver's own do, and is never one of theirs. The claim's uid is in it: a claim that is made again under its name, on
 * another volume, is never given the Secret of the one before it.
 */
export function clientSecretName(claim: { readonly name: string; readonly uid?: string }): string {
  // Without a uid, in manifests that were written by hand, the name has to do.
  const hash = createHash("sha256")
    .update(claim.uid ?? claim.name)
    .digest("hex")
    .slice(0, 10);
  const name = claim.name.slice(0, longestClaim).replace(/[-.]+$/, "");
  return `sluice-${name}-${hash}-jfs-secret`;
}
