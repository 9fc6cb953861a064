/** Reasons on the way from a claim to its client; a part of the one list in `reason.ts`. */
export const datasetReasons = {
  "claim-not-found": { level: "refusal", status: 409, meaning: "the claim does not exist" },
  "claim-being-deleted": { level: "refusal", status: 409, meaning: "the claim is being deleted" },
  "claim-not-bound": { level: "refusal", status: 409, meaning: "the claim has no volume yet" },
  "claim-waits-for-consumer": {
    level: "refusal",
    status: 403,
    meaning: "the claim gets its volume only with a pod that uses it",
  },
  "volume-without-secret": {
    level: "refusal",
    status: 403,
    meaning: "the JuiceFS volume names no Secret of its file system",
  },
  "volume-bad-value": {
    level: "refusal",
    status: 403,
    meaning: "the JuiceFS volume has a value that cannot be followed",
  },
  "secret-not-known": {
    level: "refusal",
    status: 409,
    meaning: "nothing is known yet of the JuiceFS volume's Secret",
  },
  "secret-unusable": {
    level: "refusal",
    status: 409,
    meaning: "the JuiceFS volume's Secret says nothing that a client could mount by",
  },
  "juicefs-config-unreadable": {
    level: "refusal",
    status: 409,
    meaning: "the JuiceFS driver's configuration cannot be read, and never could",
  },
  "ephemeral-dataset": { level: "refusal", status: 403, meaning: "an ephemeral volume cannot be a dataset" },
  "block-device": { level: "refusal", status: 403, meaning: "a dataset is used as a block device" },
  "dataset-not-found": { level: "refusal", status: 409, meaning: "the Dataset does not exist" },
  "dataset-not-bound": { level: "refusal", status: 409, meaning: "the Dataset is not bound yet" },
  "dataset-without-runtime": { level: "refusal", status: 409, meaning: "the Dataset has no runtime yet" },
  "several-runtimes": { level: "refusal", status: 403, meaning: "the Dataset has more than one runtime" },
  "runtime-not-supported": {
    level: "refusal",
    status: 403,
    meaning: "no client is known for this runtime type",
  },
  "runtime-not-found": { level: "refusal", status: 409, meaning: "the runtime does not exist" },
  "runtime-bad-value": { level: "refusal", status: 403, meaning: "the runtime has a value we do not know" },
  "volume-not-found": { level: "refusal", status: 409, meaning: "the claim's volume does not exist" },
  "volume-of-other-claim": { level: "refusal", status: 403, meaning: "the volume is bound to another claim" },
  "volume-without-attributes": {
    level: "refusal",
    status: 403,
    meaning: "the volume says nothing of the mount",
  },
  "bad-sub-path": { level: "refusal", status: 403, meaning: "a sub path leads out of its dataset" },
  "volume-of-other-dataset": {
    level: "refusal",
    status: 409,
    meaning: "the volume leads to another dataset than the one referred to",
  },
  "reference-not-permitted": {
    level: "refusal",
    status: 403,
    meaning: "the owner of a dataset does not permit this namespace to refer to it",
  },
  "reference-name-clash": {
    level: "refusal",
    status: 403,
    meaning: "a dataset of the reference's namespace has the name of the one referred to",
  },
  "reference-objects-missing": {
    level: "refusal",
    status: 409,
    meaning: "nobody says that a reference dataset's ConfigMaps and Secrets are in its namespace",
  },
  "reference-objects-unknown": {
    level: "warning",
    meaning: "a reference dataset's ConfigMaps and Secrets may not be in its namespace",
  },
  "client-needs-node-service": {
    level: "warning",
    meaning: "the client needs something that runs on its node",
  },
  "client-not-found": { level: "refusal", status: 409, meaning: "the client's DaemonSet does not exist" },
  "client-without-container": {
    level: "refusal",
    status: 409,
    meaning: "the client's DaemonSet has no container",
  },
  "client-without-mount": {
    level: "refusal",
    status: 403,
    meaning: "the client's mount cannot be found in it",
  },
  "dataset-loop": { level: "refusal", status: 403, meaning: "a dataset is its own source" },
  "nested-too-deep": {
    level: "refusal",
    status: 403,
    meaning: "too many datasets are sources of each other",
  },
} as const;
