import type { Claim, ClusterView, CsiSource, PersistentVolume } from "../../cluster/cluster-view.ts";
import type { JuicefsFacts } from "../../cluster/juicefs-secret.ts";
import type { Problem, Trail, Words } from "../problem.ts";
import type { JuicefsQuestion } from "./juicefs-options.ts";

/** A bound claim of the JuiceFS CSI driver. */
export interface FoundVolume {
  readonly claim: Claim;
  readonly volume: PersistentVolume;
  readonly csi: CsiSource;
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly facts: JuicefsFacts;
}

/**
 * Follows a claim to its volume of the JuiceFS CSI driver, and to what is known of that volume's Secret. Undefined when
 * the claim belongs to somebody else. The way is by `spec.volumeName` and back by `claimRef`, for anybody may write any
 * volume's name into a claim.
 */
export function findVolume(
  claim: Claim,
  trail: Trail,
  cluster: ClusterView,
  question: JuicefsQuestion,
): FoundVolume | Problem | undefined {
  const full = `${claim.namespace}/${claim.name}`;
  if (claim.volumeName === undefined) return judgeUnbound(claim, trail, cluster, question);
  const volume = trail.persistentVolume(claim.volumeName);
  if (volume === undefined) {
    if (mayBeOurs(claim, cluster, question) === false) return undefined;
    return trail.problem(
      "volume-not-found",
      (show) =>
        `PersistentVolume ${show(claim.volumeName ?? "")} of claim ${show(full)} does not exist: create it, or recreate the claim`,
    );
  }
  const { csi } = volume;
  if (csi?.driver !== question.driver) return undefined;
  if (claim.deleting)
    return trail.problem(
      "claim-being-deleted",
      (show) => `claim ${show(full)} is being deleted: create the pod again when it is back`,
    );
  const wrong = notBoundTo(volume, claim);
  if (wrong !== undefined) return trail.problem(wrong.code, wrong.words);
  const { secret } = csi;
  if (secret === undefined)
    return trail.problem(
      "volume-without-secret",
      (show) =>
        `PersistentVolume ${show(volume.name)} of claim ${show(full)} names no Secret of its file system: give it csi.nodePublishSecretRef`,
    );
  const known = trail.juicefsSecret(secret.namespace, secret.name);
  const which = `${secret.namespace}/${secret.name}`;
  if (known === undefined)
    return trail.problem(
      "secret-not-known",
      (show) =>
        `nothing is known yet of Secret ${show(which)} of claim ${show(full)}: see that it exists and that sluice controllers runs and may read it (juicefs.enabled: false leaves the claim to its driver)`,
    );
  if (known.facts === undefined)
    return trail.problem(
      "secret-unusable",
      (show) =>
        `Secret ${show(which)} of claim ${show(full)} cannot be used: ${known.problem ?? "it says nothing"}`,
    );
  if (!question.secretsAreMade && secret.namespace !== claim.namespace)
    return trail.problem(
      "secret-not-known",
      (show) =>
        `no Secret is made for clients of claim ${show(full)}, for its namespace does not ask: label it sluice.io/injection=enabled`,
    );
  return { claim, volume, csi, secret, facts: known.facts };
}

/** The claim's class says whose it is; one without a class, or of a class that does not exist, could be anybody's. */
function mayBeOurs(claim: Claim, cluster: ClusterView, question: JuicefsQuestion): boolean | undefined {
  const found = claim.storageClassName ? cluster.storageClass(claim.storageClassName) : undefined;
  if (found !== undefined) return found.provisioner === question.driver;
  return question.askedByName || cluster.volumesOfDriver(question.driver) > 0 ? undefined : false;
}

function judgeUnbound(
  claim: Claim,
  trail: Trail,
  cluster: ClusterView,
  question: JuicefsQuestion,
): Problem | undefined {
  const ours = mayBeOurs(claim, cluster, question);
  if (ours === false) return undefined;
  const full = `${claim.namespace}/${claim.name}`;
  if (claim.deleting)
    return trail.problem(
      "claim-being-deleted",
      (show) => `claim ${show(full)} is being deleted: create the pod again when it is back`,
    );
  if (ours === undefined)
    return trail.problem(
      "claim-not-bound",
      (show) =>
        `claim ${show(full)} has no volume yet, so nobody can tell whether it is one of JuiceFS: create its PersistentVolume, or wait until it is bound`,
    );
  const name = claim.storageClassName ?? "";
  if (cluster.storageClass(name)?.waitsForConsumer)
    return trail.problem(
      "claim-waits-for-consumer",
      (show) =>
        `claim ${show(full)} gets its volume only with a pod that uses it (class ${show(name)}: WaitForFirstConsumer), and its client needs the volume first: use a class with volumeBindingMode Immediate`,
    );
  return trail.problem(
    "claim-not-bound",
    (show) =>
      `claim ${show(full)} of class ${show(name)} has no volume yet: wait until it is provisioned, or see its events`,
  );
}

function notBoundTo(
  { name, claimRef }: PersistentVolume,
  claim: Claim,
): { code: "claim-not-bound" | "volume-of-other-claim"; words: Words } | undefined {
  const full = `${claim.namespace}/${claim.name}`;
  if (claimRef === undefined)
    return {
      code: "claim-not-bound",
      words: (show) =>
        `claim ${show(full)} is not bound to PersistentVolume ${show(name)} yet: wait until it is`,
    };
  const sameName = claimRef.namespace === claim.namespace && claimRef.name === claim.name;
  if (sameName && (!claimRef.uid || !claim.uid || claimRef.uid === claim.uid)) return undefined;
  return {
    code: "volume-of-other-claim",
    words: (show) => {
      const other = sameName
        ? "an earlier claim of that name"
        : `claim ${show(`${claimRef.namespace}/${claimRef.name}`)}`;
      return `claim ${show(full)} names PersistentVolume ${show(name)}, which is bound to ${other}: recreate the claim`;
    },
  };
}
