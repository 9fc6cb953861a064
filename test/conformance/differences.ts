import { isDeepStrictEqual } from "node:util";
import type { AllowedDifference, Outcome } from "./allowed-difference.ts";
import { at, hasLabel, isServerful, list, nodesCarry, statesLocality } from "./asked.ts";
import {
  allRequiredAtOnce,
  clientsOf,
  commandOf,
  datasetsOf,
  defaultContainer,
  hasNameTwice,
  hasNoFluidClient,
  hasUnmountedClaim,
  isBareClient,
  isOfTemplate,
  isPartOf,
  isReadOnlyOf,
  isRefusedFor,
  isRequired,
  isSecondClient,
  isSharedMount,
  isSharedReference,
  mayOnlyRead,
  ofClient,
  preferences,
  requiredOfRealCaches,
  supervisorsPreStops,
  templateSecrets,
  unprivileged,
} from "./difference-rules.ts";

/**
 * Where Sluice's answer means something else than Fluid's, and why a user who comes from Fluid is well served by it.
 * Each is a rule on the case, never the number of one, for there are more recorded cases than any machine has at hand.
 */
export const allowedDifferences: readonly AllowedDifference[] = [
  // How the mount is shared
  {
    id: "no-host-path",
    kind: "on purpose",
    why: "The client's mount is shared within the pod, not by a path on the node: two pods cannot meet there, nothing stays behind, and nodes without host paths can run it.",
    covers: ({ path, fluid, ours }) =>
      ofClient(path)?.startsWith("mount /") === true &&
      at(fluid, "mountPropagation") === "Bidirectional" &&
      at(fluid, "source", "hostPath") !== undefined &&
      // A client that is not wrapped in a supervisor shows its mount to the one beside it.
      (ours === undefined || isSharedMount(ours)),
    expected: (outcome) =>
      [...outcome.fluidFacts].flatMap(([path, value]) =>
        clientsOf(outcome).some((client) => path.startsWith(`${client}/mount /`)) &&
        at(value, "mountPropagation") === "Bidirectional"
          ? [path]
          : [],
      ),
  },
  {
    id: "views-volume",
    kind: "on purpose",
    why: "The client shows its mount as views in a volume in memory: they come back in the running app when the client dies.",
    covers: ({ path, fluid, ours }) =>
      ofClient(path)?.startsWith("mount /sluice/views/") === true &&
      fluid === undefined &&
      isSharedMount(ours),
  },
  {
    id: "guard",
    kind: "on purpose",
    why: "A small sidecar beside the clients takes the views off at the end, so that no pod hangs in Terminating and nothing is deleted in the dataset.",
    covers: ({ path, fluid }) => path === "added/sluice-guard" && fluid === undefined,
    expected: (outcome) => (clientsOf(outcome).length > 0 ? ["added/sluice-guard"] : []),
  },
  {
    id: "views-attendant",
    kind: "on purpose",
    why: "A client that states no command cannot be wrapped in a supervisor, so a container beside it attends its views.",
    covers: ({ path, fluid, ours }) =>
      /^added\/sluice-views-\d+$/.test(path) && fluid === undefined && ours !== undefined,
  },
  {
    id: "empty-token-path",
    kind: "on purpose",
    why: "The pod's API token has no business in a privileged client.",
    covers: ({ path, fluid, ours }) =>
      ofClient(path) === "mount /var/run/secrets/kubernetes.io/serviceaccount" &&
      fluid === undefined &&
      at(ours, "source", "emptyDir") !== undefined,
    expected: (outcome) =>
      clientsOf(outcome).map((client) => `${client}/mount /var/run/secrets/kubernetes.io/serviceaccount`),
  },

  // How the pod waits for the mount, and how the client ends
  {
    id: "no-check-script",
    kind: "on purpose",
    why: "The mount check travels in the pod: no ConfigMap is written into the user's namespace, and nothing is mounted over a path of the image.",
    covers: ({ path, fluid, ours }) =>
      !isSecondClient(path) &&
      / \/(check-mount|check-fluid-mount-ready)\.sh$/.test(path) &&
      ours === undefined &&
      at(fluid, "source", "configMap") !== undefined,
  },
  {
    id: "gate",
    kind: "on purpose",
    why: "A view that is not there yet keeps the app from starting, and a hook only saves time. It needs no bash in the image, and never kills a client that is slow.",
    covers: ({ path, fluid, ours }) =>
      ofClient(path) === "lifecycle/postStart" &&
      (fluid === undefined || commandOf(fluid)[2]?.includes("/check-mount.sh") === true) &&
      (ours === undefined || commandOf(ours)[3] === "sluice-gate"),
  },
  {
    id: "mount-check-inline",
    kind: "on purpose",
    why: "The check that app.poststart.fluid.io/inject asks for travels in the pod, needs only sh and sleep of the image, and looks for the file system's real type: Fluid's looks for the runtime's name, which a ThinRuntime's mount never has.",
    covers: ({ path, fluid, ours }, outcome) =>
      /^containers\/[^/]+\/lifecycle$/.test(path) &&
      hasLabel(outcome.original, "app.poststart.fluid.io/inject") &&
      commandOf(at(fluid, "postStart"))[2]?.includes("/check-fluid-mount-ready.sh") === true &&
      isInlineCheck(ours),
  },
  {
    id: "no-hook-on-init-containers",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "Kubernetes takes no hook on an init container, so that the API server refuses the pod; it starts on mounted data without one.",
    covers: ({ path, fluid, ours, original }) =>
      /^initContainers\/[^/]+\/lifecycle$/.test(path) &&
      commandOf(at(fluid, "postStart"))[2]?.includes("/check-fluid-mount-ready.sh") === true &&
      isDeepStrictEqual(ours, original),
  },
  {
    id: "pre-stop-after-the-app",
    kind: "on purpose",
    why: "The template's preStop unmounts, and the kubelet would run it before the app has stopped. The supervisor runs it, after the app.",
    covers: ({ path, fluid, ours }, { ours: pod }) =>
      ofClient(path) === "lifecycle/preStop" &&
      ours === undefined &&
      supervisorsPreStops(pod).has(
        commandOf(fluid)
          .map((word) => `'${word}'`)
          .join(" "),
      ),
  },
  {
    id: "no-pre-stop-of-a-bare-client",
    kind: "on purpose",
    why: "A client that states no command has no supervisor that could run its preStop after the app; it gets TERM, and the guard takes its mount off.",
    covers: ({ path, fluid, ours }, outcome) =>
      ofClient(path) === "lifecycle/preStop" &&
      fluid !== undefined &&
      ours === undefined &&
      isBareClient(path, outcome),
  },
  {
    id: "no-probes",
    kind: "on purpose",
    why: "A restart by the template's probes is what the views heal from, not what anybody wants; and a client that is not ready must not take a serving pod out of its Service.",
    covers: ({ path, fluid, ours }) =>
      /^(liveness|readiness|startup)Probe$/.test(ofClient(path) ?? "") &&
      fluid !== undefined &&
      ours === undefined,
  },
  {
    id: "supervisor-variables",
    kind: "on purpose",
    why: "What the supervisor has to know of the client; the client's own variables stay.",
    covers: ({ path, fluid }) => ofClient(path)?.startsWith("env/SLUICE_") === true && fluid === undefined,
  },
  {
    id: "supervisor-is-root",
    kind: "on purpose",
    why: "Mounting views takes root.",
    covers: ({ path, ours }) =>
      (ofClient(path) === "securityContext/runAsUser" && ours === 0) ||
      (ofClient(path) === "securityContext/runAsNonRoot" && ours === false),
  },
  {
    id: "client-sizes",
    kind: "on purpose",
    why: "Every client has requests and limits: quotas refuse a container without, LimitRanges starve it and autoscalers fail on it.",
    covers: ({ path, fluid, ours }) =>
      /^resources\/(requests|limits)\/(cpu|memory)$/.test(ofClient(path) ?? "") &&
      fluid === undefined &&
      ours !== undefined,
  },

  // What is read ahead
  {
    id: "prefetcher-ends",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "The file prefetcher is an init container that ends where the app waits for it, and a native sidecar beside the app: Fluid's never ends, so that no Job with it is complete. It runs a script of ours in the client's image, or in the one that the annotation names, and tells what came of it in its log and termination message.",
    covers: ({ path, fluid, ours }) =>
      path === "added/fluid-file-prefetcher" &&
      String(fluid).startsWith("containers,") &&
      String(ours).startsWith("initContainers,"),
  },
  {
    id: "bad-values-refused",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "A label or annotation with a value that cannot be used refuses the pod and names it; with Fluid the pod comes in without what was asked for, often without its data.",
    covers: ({ path, ours }) => path === "verdict" && isRefusedFor(ours, "bad-value"),
  },

  // What is told about the pod, and where it runs
  {
    id: "status",
    kind: "on purpose",
    why: "The pod says what was done to it.",
    covers: ({ path, fluid }) => path === "annotation/sluice.io/status" && fluid === undefined,
    expected: (outcome) => (clientsOf(outcome).length > 0 ? ["annotation/sluice.io/status"] : []),
  },
  {
    id: "default-container",
    kind: "on purpose",
    why: "kubectl logs and exec go on meaning the user's container, though a classic client stands before it.",
    covers: ({ path, fluid, ours }, { recorded, original }) =>
      path === defaultContainer &&
      recorded.sidecar === "classic" &&
      fluid === undefined &&
      ours === original.spec?.containers[0]?.name,
    expected: (outcome) =>
      clientsOf(outcome).length > 0 &&
      outcome.recorded.sidecar === "classic" &&
      !outcome.fluidFacts.has(defaultContainer)
        ? [defaultContainer]
        : [],
  },
  {
    id: "cache-in-sidecar-mode",
    kind: "on purpose",
    why: "Fluid steers pods to the cache in CSI mode only; a sidecar reads faster near the cache as well.",
    covers: ({ path, fluid, ours, original }, outcome) =>
      !isServerful(outcome.original) &&
      isDeepStrictEqual(fluid, original) &&
      (path === "affinity/required"
        ? datasetsOf(outcome).some((dataset) => isRequired(dataset, outcome))
        : ours === 1 && preferences(outcome).has(path)),
    expected: (outcome) =>
      isServerful(outcome.original) || clientsOf(outcome).length === 0 ? [] : [...preferences(outcome)],
  },
  {
    id: "no-preference-for-unknown-labels",
    kind: "on purpose",
    why: "A preference for a label, or a value of it, that no node carries changes nothing.",
    covers: ({ path, fluid, ours }, { objects }) => {
      const [, label, values] = /^affinity\/preferred \d+ (\S+) In \[(.*)\]$/.exec(path) ?? [];
      return (
        label !== undefined &&
        fluid === 1 &&
        ours === undefined &&
        !nodesCarry(objects, label, values?.split(", "))
      );
    },
  },
  {
    id: "steered-to-real-caches",
    kind: "Fluid is wrong",
    why: "Fluid steers the pods of reference and thin datasets by labels that no node ever gets, and a required one never starts. A reference dataset's cache is that of the dataset it refers to, and its client runs on the nodes of that one's; a thin one has no cache.",
    covers: ({ path, fluid, ours, original }, outcome) =>
      isServerful(outcome.original) &&
      (path === "affinity/required"
        ? isOfRealCaches(list(fluid), list(ours), list(original), outcome)
        : datasetsOf(outcome).some(({ own, physical }) => own !== physical) &&
          fluid === undefined &&
          ours === 1 &&
          preferences(outcome).has(path)),
  },
  {
    id: "init-containers-see-remounts",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "In CSI mode a dataset that is mounted anew on its node comes back in init containers as well.",
    covers: ({ path, fluid, ours }, { original }) =>
      isServerful(original) &&
      /^initContainers\/[^/]+\/mount \//.test(path) &&
      typeof fluid === "object" &&
      isDeepStrictEqual({ ...fluid, mountPropagation: "HostToContainer" }, ours),
  },
  {
    id: "own-locality-kept",
    kind: "Fluid is wrong",
    first: true,
    notRecorded: true,
    why: "A pod that selects its zone or region by a node selector is not sent elsewhere, whether or not it has a preference of its own; Fluid then overlooks the selector.",
    covers: ({ path, ours, original }, outcome) =>
      isServerful(outcome.original) &&
      path.startsWith("affinity/") &&
      statesLocality(outcome.original) &&
      isDeepStrictEqual(ours, original),
  },
  {
    id: "every-dataset-reachable",
    kind: "Fluid is wrong",
    why: "Of several datasets Fluid takes any one's nodes to be enough; the pod then lands where the others cannot be mounted.",
    covers: ({ path, fluid, ours, original }) =>
      path === "affinity/required" &&
      list(fluid).length > Math.max(1, list(original).length) &&
      isDeepStrictEqual(ours, allRequiredAtOnce(list(original), list(fluid))),
  },

  // What the pod keeps
  {
    id: "pull-secrets",
    kind: "Fluid is wrong",
    why: "Without the template's pull secrets the client's image cannot be pulled where it is private.",
    covers: ({ path, fluid, ours }, outcome) => {
      const secrets = list(ours).map((secret) => at(secret, "name"));
      const own = list(fluid).map((secret) => at(secret, "name"));
      const others = secrets.filter((name) => !own.includes(name));
      return (
        path === "spec/imagePullSecrets" &&
        own.every((name) => secrets.includes(name)) &&
        others.every((name) => templateSecrets(outcome).has(name))
      );
    },
  },
  {
    id: "name-servers",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "Name servers and search domains of the client's own pods are added to the pod's, after what it asks itself: without them the client may not find its storage.",
    covers: ({ path, ours }) => path === "spec/dnsConfig" && ours !== undefined,
  },
  {
    id: "ports-told-apart",
    kind: "Fluid is wrong",
    notRecorded: true,
    why: "A client's port that another container of the pod has, or that would become one of the node's, is left out, with a warning: the API server refuses some of these pods, and keeps others off a node where one of them runs.",
    covers: ({ path, fluid }) => ofClient(path) === "ports" && fluid !== undefined,
  },
  {
    id: "read-only-kept",
    kind: "Fluid is wrong",
    why: "A claim or dataset that grants no writing, or a volume that asks for none, is read-only through a sidecar too.",
    covers: ({ path, fluid, ours }, outcome) =>
      at(fluid, "dataset") !== undefined && isReadOnlyOf(ours, fluid) && mayOnlyRead(path, outcome),
    expected: (outcome) =>
      clientsOf(outcome).length === 0
        ? []
        : [...outcome.fluidFacts].flatMap(([path, value]) =>
            at(value, "dataset") !== undefined &&
            at(value, "readOnly") === false &&
            mayOnlyRead(path, outcome)
              ? [path]
              : [],
          ),
  },
  {
    id: "newer-fields-kept",
    kind: "Fluid is wrong",
    why: "Fluid's webhook takes out what its Kubernetes library does not know yet; the pod stays as its user wrote it.",
    covers: ({ path, fluid, ours, original }) =>
      /^(spec|volume|containers|initContainers|metadata)\//.test(path) &&
      original !== undefined &&
      isDeepStrictEqual(ours, original) &&
      isPartOf(fluid, original),
  },
  {
    id: "free-names",
    kind: "Fluid is wrong",
    why: "Fluid counts the pod's own containers, not the init containers, and does not look at their names; where one is called as its client the API server refuses the pod.",
    covers: ({ path, ours }, { fluid, original }) =>
      ofClient(path) === "name" &&
      ours !== undefined &&
      (hasNameTwice(fluid) ||
        original.spec?.initContainers?.some((c) => c.name.startsWith("fluid-fuse")) === true),
  },
  {
    id: "one-client-for-one-dataset",
    kind: "Fluid is wrong",
    first: true,
    why: "Two claims of one dataset get one client, also by way of reference datasets; Fluid's two mount over each other at one path.",
    covers: ({ path, ours }, outcome) =>
      ours === undefined && (isSecondClient(path) || isSharedReference(path, outcome)),
  },
  {
    id: "nothing-for-an-unmounted-volume",
    kind: "on purpose",
    why: "The claim of a volume that no container mounts stays as it is, for a container that comes later: no path on the node, no volumes of a client that is not there, no marks.",
    covers: ({ path, fluid, ours, original }, outcome) =>
      hasUnmountedClaim(outcome) &&
      outcome.ours !== undefined &&
      ((path.startsWith("volume/") &&
        at(fluid, "hostPath") !== undefined &&
        isDeepStrictEqual(ours, original)) ||
        (path.startsWith("unused-volume/") && ours === undefined) ||
        /^annotation\/(fluid\.io\/datasets-in-use|prometheus\.fuse\.fluid\.io\/scrape)$/.test(path) ||
        (path.startsWith("label/") && isDeepStrictEqual(ours, original))),
  },

  {
    id: "client-where-fluid-has-none",
    kind: "Fluid is wrong",
    why: "Fluid admits pods with EFC, Vineyard or CacheRuntime datasets without a client, and they read an empty directory or hang.",
    covers: ({ path, fluid, ours }, outcome) =>
      hasNoFluidClient(outcome) &&
      ((fluid === undefined && isOfTemplate(path)) ||
        path === "annotation/fluid.io/datasets-in-use" ||
        (path.startsWith("label/") && fluid === undefined) ||
        isInlineCheck(ours) ||
        at(ours, "dataset") !== undefined),
  },

  // What is refused
  {
    id: "reference-objects",
    kind: "Fluid is wrong",
    why: "Fluid copies no Secret, and not each ConfigMap, to where a reference dataset's client needs it; the pod hangs in CreateContainerConfigError. Unless somebody says that they are there, the pod is refused, with the command that copies them.",
    covers: ({ path, ours }, outcome) =>
      path === "verdict by default" &&
      isRefusedFor(ours, "reference-objects-missing") &&
      datasetsOf(outcome).some(({ own, physical }) => own.namespace !== physical.namespace),
  },
  {
    id: "what-is-missing",
    kind: "Fluid is wrong",
    why: "Where something is missing in sidecar mode Fluid admits the pod without a client, and it hangs in its volumes or reads an empty directory: refused. In CSI mode the node's driver waits for what is missing, so the pod is only warned, where Fluid refuses some.",
    covers: ({ path, fluid, ours }, { original, fluidFacts }) =>
      path === "verdict" &&
      (isServerful(original)
        ? fluid === "refused" && ours === "admitted"
        : fluid === "admitted" &&
          !hasLabel(original, unprivileged) &&
          !isRefusedFor(ours, "init-container-needs-native") &&
          ![...fluidFacts.keys()].some((fact) => fact.startsWith("client/"))),
  },
  {
    id: "init-containers-need-native",
    kind: "on purpose",
    why: "A classic sidecar starts after the init containers, which with Fluid find an empty directory: refused, native sidecars being the remedy.",
    covers: ({ path, ours }, { recorded }) =>
      path === "verdict" &&
      recorded.sidecar === "classic" &&
      isRefusedFor(ours, "init-container-needs-native"),
  },
  {
    id: "unprivileged-refused",
    kind: "on purpose",
    why: "An unprivileged client cannot show its mount to the app on a kubelet: with Fluid the app reads an empty directory.",
    covers: ({ path, ours }) => path === "verdict" && isRefusedFor(ours, "unprivileged-client"),
  },
  {
    id: "pod-security-told-at-once",
    kind: "on purpose",
    why: "Where the namespace's Pod Security level refuses a privileged client the API server refuses the pod anyway, but names a container that its user has never written.",
    covers: ({ path, ours }) => path === "verdict" && isRefusedFor(ours, "pod-security"),
  },
  {
    id: "user-namespace-refused",
    kind: "on purpose",
    why: "A mount never leaves a user namespace: with hostUsers: false the app would read an empty directory.",
    covers: ({ path, ours }, { original }) =>
      path === "verdict" &&
      isRefusedFor(ours, "user-namespace") &&
      at(original, "spec", "hostUsers") === false,
  },
];

/** Whether we require what Fluid would, had it the labels that nodes get. */
function isOfRealCaches(
  fluid: readonly unknown[],
  ours: readonly unknown[],
  original: readonly unknown[],
  outcome: Outcome,
): boolean {
  const real = requiredOfRealCaches(fluid, outcome);
  return (
    !isDeepStrictEqual(real, fluid) &&
    isDeepStrictEqual(ours, allRequiredAtOnce(original, real).filter(Boolean))
  );
}

/** Whether a lifecycle is the mount check that travels in the pod. */
function isInlineCheck(lifecycle: unknown): boolean {
  return commandOf(at(lifecycle, "postStart"))[3] === "sluice-check";
}
