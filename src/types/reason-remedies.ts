import type { ReasonCode, reasons } from "./reason.ts";

/** The codes that somebody should do something about: refusals and warnings. */
export type TroublingCode = {
  [Code in ReasonCode]: (typeof reasons)[Code]["level"] extends "info" ? never : Code;
}[ReasonCode];

/**
 * What to do about each refusal and warning, in general; the message of a finding names the objects. Apart from the
 * reasons, for no decision needs it.
 */
export const reasonRemedies: Readonly<Record<TroublingCode, string>> = {
  // The whole pod
  "marked-done":
    "Remove the label from the pod or its template: it was copied from an injected pod, and nothing serves its claims.",
  "contradicting-labels":
    "Remove one of the two labels; the message says which one counts as long as both are there.",
  "bad-value": "Correct the values that the message lists; behind each stands what is known.",
  "invalid-pod": "Correct the field that the message names: the API server would refuse it too.",
  "namespace-mismatch":
    "Leave `metadata.namespace` out of the manifest, or create the pod in the namespace it states.",
  "internal-error":
    'Try again. If it stays, report it with the log line of that review; `sluice.io/inject: "false"` lets the pod in without its data meanwhile.',
  "may-not-read":
    "Apply the chart or `install.yaml` again, which gives Sluice's ServiceAccount its rights; `sluice check` names what is missing.",

  // From a claim to its client
  "claim-not-found": "Create the claim, or correct its name in the pod.",
  "claim-being-deleted":
    "Create the pod again when the claim is back; `kubectl describe pvc` tells what still holds it.",
  "claim-not-bound": "Wait until the claim is bound; `kubectl describe pvc` tells what keeps it.",
  "claim-waits-for-consumer":
    "Use a storage class with `volumeBindingMode: Immediate`, or `sluice.io/mode: csi`.",
  "volume-without-secret":
    "Name the Secret of the file system in the PersistentVolume: `csi.nodePublishSecretRef`.",
  "volume-bad-value":
    "Correct the value that the message names, in the PersistentVolume or the storage class it came from.",
  "secret-not-known":
    "See that the Secret exists and that `sluice controllers` runs and may read it: see [Secrets](juicefs.md#secrets).",
  "secret-unusable": "Complete the Secret; the message names the key that is missing or wrong.",
  "juicefs-config-unreadable":
    "Correct the ConfigMap of the JuiceFS CSI driver; `sluice check` shows what is wrong with it.",
  "ephemeral-dataset":
    "Make a claim and mount that: the claim of an ephemeral volume does not exist before its pod does.",
  "block-device": "Use `volumeMounts` instead of `volumeDevices`.",
  "dataset-not-found": "Create the Dataset, or remove the label by which the claim belongs to it.",
  "dataset-not-bound": "Wait until the Dataset is Bound; `kubectl describe dataset` tells what keeps it.",
  "dataset-without-runtime": "Create a runtime of the Dataset's name, or wait until Fluid has taken it up.",
  "several-runtimes": "Leave one runtime to the Dataset and delete the others.",
  "runtime-not-supported":
    "Use a runtime of one of the types that the message lists ([runtimes](runtimes.md)), or `sluice.io/mode: csi`.",
  "runtime-not-found": "Create the runtime, or delete the Dataset that refers to it.",
  "runtime-bad-value": "Correct the field of the runtime that the message names.",
  "volume-not-found": "Recreate the Dataset, or the claim: its PersistentVolume is gone.",
  "volume-of-other-claim": "Recreate the claim, or name the claim that the volume is bound to.",
  "volume-without-attributes": "Recreate the Dataset, so that Fluid writes its PersistentVolume anew.",
  "bad-sub-path": "Name a sub path without `..` and without a leading `/`.",
  "volume-of-other-dataset": "Recreate the Dataset: its volume still leads where it led before.",
  "reference-not-permitted":
    "Ask the owner of the Dataset to name this namespace in its annotation `sluice.io/referable-from` ([references](runtimes.md#whether-it-is-permitted)).",
  "reference-name-clash": "Rename one of the two Datasets: both need a ConfigMap of the same name.",
  "reference-objects-missing":
    "Run the command of the message, or let the controllers copy: see [what its client needs](runtimes.md#what-its-client-needs-in-the-pods-namespace).",
  "reference-objects-unknown":
    "As for `reference-objects-missing`, which it is with `references.missingObjects: refuse`.",
  "client-needs-node-service":
    "Have that service run on the nodes; the message names the label that brings it there.",
  "client-not-found":
    "Wait until Fluid has made the client's DaemonSet; if it does not come, see the log of Fluid's runtime controller.",
  "client-without-container": "Recreate the runtime: the DaemonSet it made holds no container.",
  "client-without-mount":
    "Recreate the runtime: no volume of its client holds the path that the PersistentVolume names.",
  "dataset-loop":
    "Break the circle that the message shows: take the claim out of that client, or correct a `mountPoint`.",
  "nested-too-deep": "Let the datasets mount their sources themselves instead of one another.",

  // The kind of node
  "unknown-platform":
    "Use one of the names that the message lists, or add the platform in the configuration ([platforms](platforms.md)).",
  "several-platforms":
    "Remove one of the two marks, or name the platform by the annotation `sluice.io/platform`.",
  "may-burst": "Decide for one kind of node, or name it by `sluice.io/platform`.",
  "may-run-elsewhere":
    "Keep the pod off those nodes, or send it there, by a node selector or the platform's mark.",
  "platform-unconfirmed":
    "Test one pod there; then say `platforms.<name>.confirmed: true` in the configuration.",
  "platform-not-confirmed":
    "Use other nodes, or test one pod and say `platforms.<name>.confirmed: true` in the configuration.",
  "platform-rule": "Change the field that the message names, or run the pod on other nodes.",
  "platform-rule-open":
    "Test one pod; if the platform takes it, say `platforms.<name>.confirmed: true` in the configuration.",
  "no-csi-driver": "Use `sluice.io/mode: sidecar`, or nodes with a CSI driver.",
  "runtime-not-on-platform": "Send the pod to another kind of node.",
  "sub-path-not-on-platform": "Mount the whole dataset and let the app go down the path, or use other nodes.",
  "node-selector-ignored": "Remove the node selector, or what sends the pod to that platform.",
  "host-path-refused":
    "Leave the host's directory out of the runtime's client, or use other nodes; `refusedHostPaths` says what becomes of others.",
  "template-part-replaced": "Nothing, if the client may lose its cache with the pod; else use other nodes.",
  "start-order":
    "Give the container the smaller priority that the message asks for: it would start before its data.",
  "pod-security":
    "Use a namespace that does not enforce that level, `sluice.io/mode: csi`, or label this one `pod-security.kubernetes.io/enforce=privileged`.",
  "pod-security-exempt": "Nothing, if the cluster exempts the pod; else as for `pod-security`.",
  "no-shared-mounts": "Use other nodes: on these a client's mount does not reach the app.",
  "unprivileged-client":
    "Remove the mark that asks for it, or name a platform that passes /dev/fuse by `sluice.io/platform`.",

  // What the pod does not allow
  "init-container-needs-native":
    "Use native sidecars: Kubernetes 1.29 on every node that the pod can reach, `sluice.io/sidecar: native`; or mount the dataset in the app only.",
  "first-container-is-app":
    "Use native sidecars, as for `init-container-needs-native`; the labels are `firstContainerIsApp` in the configuration.",
  "too-large": "Split the pod up.",
  "client-mounts-at-root": "State the client's command in its template.",
  "user-namespace": "Remove `hostUsers: false`, or use `sluice.io/mode: csi`.",
  "windows-pod": "Take the claim out of the pod, or use `sluice.io/mode: csi` where the node has a driver.",
  "sub-path-expression":
    "Use `subPath`, or variables that the client can see; `subPathExpr: direct` in the configuration serves it without healing.",
  "name-taken": "Rename what the message names, or use one of the two datasets in a pod.",

  // What the user should know
  "annotation-unheeded": "Put the setting into the attributes of the PersistentVolume or its storage class.",
  "no-healing":
    "Leave out what the message names (such as `recursiveReadOnly`), if the app has to outlive a crash of its client.",
  "working-dir-in-dataset": "Start in another directory and open the data by their absolute path.",
  "read-write-once-pod": "See to it that one pod writes; a client of another pod is not kept out.",
  "stop-may-lose-writes": "Use `sluice.io/client-stop: wait` if the pod writes.",
  "client-missing": "Create the pod from its own manifest, not from a copy of an injected one.",
  "pod-level-resources":
    "Raise the pod's own resources, or make the clients smaller by `sluice.io/client-cpu-request` and its like.",
  "short-grace": "Raise `terminationGracePeriodSeconds` if the pod writes.",
  "never-ends":
    "Use native sidecars, or install the controllers ([finished pods](controllers.md#finished-pods-end)).",
  "not-served": "See what the message says stands in its way.",
  "port-taken": "Give one of the two another port in its runtime, or switch its metrics off.",
  "client-dns": "Set the `dnsPolicy` or `dnsConfig` that the message names.",
  "qos-lowered":
    "Make the client's requests and limits equal by the annotations `sluice.io/client-cpu-request` and its like.",
  "pull-secrets": "Name the pull secrets in the pod or its ServiceAccount.",

  // What the pod waits for, and where it is steered
  "cache-wait-ignored":
    "Take away what the message names, or the annotation: the pod starts without waiting.",
  "cache-required-unlabelled":
    "Wait until the cache's workers run, or use `sluice.io/cache-affinity: preferred`: the pod is not scheduled before.",
  "no-node-for-all":
    "Give one node all that the message names, by its labels or the placement of the caches, or require less.",
  "cache-not-required": "Use `preferred`: this cache labels no nodes, so none can be required.",
  "clients-left-out":
    "List FuseSidecar in Fluid's plugin profile, or opt in by `sluice.io/injection` ([scheduling](scheduling.md#fluids-plugin-profile)).",
  "client-nodes-unlabelled":
    "Label nodes as `spec.fuse.nodeSelector` of the runtime says: the pod is not scheduled before.",
};
