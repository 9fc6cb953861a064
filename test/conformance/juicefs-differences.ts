import type { Pod } from "kubernetes-types/core/v1";
import { at, find, list } from "./asked.ts";
import type { JuicefsCase } from "./juicefs-cases.ts";
import { containersOf } from "./juicefs-meaning.ts";
import type { Manifest } from "./manifests.ts";
import type { Facts } from "./meaning.ts";

export interface JuicefsDifference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** What became of a case. */
export interface JuicefsOutcome {
  readonly recorded: JuicefsCase;
  readonly original: Pod;
  readonly ours: Pod | undefined;
  /** Why we refused the pod: "403 bad-sub-path: …". */
  readonly refusal: string;
  readonly objects: readonly Manifest[];
  readonly theirFacts: Facts;
  readonly ourFacts: Facts;
}

export interface AllowedJuicefsDifference {
  readonly id: string;
  /** What a user who comes from JuiceFS's webhook gets out of it, or has to know. */
  readonly why: string;
  /** It is in every injected pod, so that a case agrees in spite of it. */
  readonly everywhere?: boolean;
  readonly covers: (difference: JuicefsDifference, outcome: JuicefsOutcome) => boolean;
}

/**
 * Where Sluice's answer means something else than that of the JuiceFS CSI driver's webhook. Each is a rule on the case,
 * never the number of one, for there are more recorded cases than any machine has at hand.
 */
export const juicefsDifferences: readonly AllowedJuicefsDifference[] = [
  // In every injected pod
  {
    id: "status",
    everywhere: true,
    why: "What was done is written on the pod, which the driver does nowhere.",
    covers: ({ path, theirs }) => path === "annotation/sluice.io/status" && theirs === undefined,
  },
  {
    id: "no-script-in-a-secret",
    everywhere: true,
    why: "The mount check travels in the pod: no Secret is written for it.",
    covers: ({ path, ours }, outcome) =>
      ofClient(path) === "volume /jfs-scripts" && ours === undefined && isServed(path, outcome),
  },
  {
    id: "empty-token-path",
    everywhere: true,
    why: "The pod's API token has no business in a privileged client.",
    covers: ({ path, theirs, ours }) =>
      ofClient(path) === "volume /var/run/secrets/kubernetes.io/serviceaccount" &&
      theirs === undefined &&
      at(ours, "emptyDir") !== undefined,
  },
  {
    id: "unmounts-itself",
    everywhere: true,
    why: "The client's mount is its own and not the pod's, so nothing is lost when it takes the mount off at its end.",
    covers: ({ path, ours }, outcome) =>
      ofClient(path) === "env JFS_NO_UMOUNT" && ours === undefined && isServed(path, outcome),
  },
  {
    id: "no-shared-host-path",
    everywhere: true,
    why: "The mount is shared within the pod: no client sees the mounts of other pods on the node (W2), and nothing stays behind there.",
    covers: ({ path, theirs, ours }, outcome) =>
      ["volume /jfs", "volume /etc/updatedb.conf"].includes(ofClient(path) ?? "") &&
      at(theirs, "hostPath") !== undefined &&
      ours === undefined &&
      isServed(path, outcome),
  },

  // Verdicts
  {
    id: "unbound-static-claim",
    why: "The driver admits the pod without a client, which then waits for a CSI driver that is not there (W16).",
    covers: verdict("claim-not-bound", ({ claims }) =>
      claims.some((claim) => !at(claim, "spec", "volumeName")),
    ),
  },
  {
    id: "foreign-volume",
    why: "The claim names a volume that is bound to another claim: the driver hands out that one's credentials (W62).",
    covers: verdict("volume-of-other-claim", ({ claims, objects, namespace }) =>
      claims.some((claim) => {
        const ref = at(volumeOf(objects, claim), "spec", "claimRef");
        return at(ref, "namespace") !== namespace || at(ref, "name") !== claim.metadata.name;
      }),
    ),
  },
  {
    id: "claim-being-deleted",
    why: "Kubernetes starts no pod on such a claim; its volume and Secret would go away under the running pod (W13).",
    covers: verdict("claim-being-deleted", ({ claims }) =>
      claims.some((claim) => at(claim, "metadata", "deletionTimestamp") !== undefined),
    ),
  },
  {
    id: "init-container-of-classic-clients",
    why: "With classic sidecars the driver lets an init container write into an empty directory (W25).",
    covers: verdict("init-container-needs-native", ({ pod }) => (pod.spec?.initContainers ?? []).length > 0),
  },
  {
    id: "ephemeral-volume",
    why: "The driver admits the pod without a client, and it hangs (W17).",
    covers: verdict("ephemeral-dataset", ({ pod }) => pod.spec?.volumes?.some((v) => v.ephemeral) === true),
  },
  {
    id: "hostile-sub-path",
    why: 'A sub path with ".." leaves the configured directory (W12), one with a newline runs a command in the client (W6).',
    covers: verdict("bad-sub-path", ({ attributes }) =>
      attributes.some((one) => /\.\.|\n/.test(String(at(one, "subPath")))),
    ),
  },
  {
    id: "sub-path-in-a-micro-vm",
    why: "The platform may show an empty directory for a subPath, which the driver leaves to chance.",
    covers: verdict("sub-path-not-on-platform", ({ pod }) =>
      containersOf(pod).some((container) => container.volumeMounts?.some((mount) => mount.subPath)),
    ),
  },
  {
    id: "small-claim",
    why: "A claim under 1 GiB cannot have a quota, and a static volume would get none anyway (W33).",
    covers: admitted(({ claims }) => claims.some((claim) => sizeOf(claim).endsWith("Mi"))),
  },
  {
    id: "attributes-of-mount-pods",
    why: "Delays of mount pods mean nothing for a client in a pod, so that a bad one refuses no pod.",
    covers: admitted(({ attributes }) => attributes.some((one) => at(one, "juicefs/mount-delete-delay"))),
  },
  {
    id: "option-with-two-equals-signs",
    why: "The value of an option may hold an equals sign (W40).",
    covers: admitted(({ options }) => options.some((option) => option.split("=").length > 2)),
  },
  {
    id: "cache-without-size",
    why: "The driver fails on an emptyDir cache without a size (W20).",
    covers: admitted(({ config }) => /type: EmptyDir/.test(config) && !/sizeLimit/.test(config)),
  },
  {
    id: "names-that-fit",
    why: "Names are made to fit and to be free: of a long claim (W44), beside containers of the user's (W26).",
    covers: admitted(
      ({ claims, pod }) =>
        claims.some(({ metadata }) => metadata.name.length > 200) ||
        containersOf(pod).some(({ name }) => name.startsWith("jfs-mount")),
    ),
  },
  {
    id: "request-above-limit",
    why: "The API server refuses what the driver makes of a request above the default limit; ours raises the limit (W45).",
    covers: admitted(({ attributes }) => attributes.some((one) => at(one, "juicefs/mount-memory-request"))),
  },

  // Reading only
  {
    id: "read-only",
    why: "Reading only is kept wherever it is said: by claim, volume and access modes (W24).",
    covers: ({ path, theirs, ours }, outcome) =>
      (path.startsWith("mount/") &&
        at(theirs, "readOnly") === false &&
        at(ours, "readOnly") === true &&
        saysReadOnly(outcome)) ||
      (ofClient(path) === "option ro" && theirs === undefined && saysReadOnly(outcome)),
  },

  // How many clients
  {
    id: "one-client-for-a-claim",
    why: "A claim that two volumes name gets one client; the driver's second one runs idle (W18).",
    covers: ({ path, ours }, { original }) => {
      const names = claimNames(original);
      return (
        /^client\/jfs-mount-\d+\//.test(path) && ours === undefined && new Set(names).size < names.length
      );
    },
  },
  {
    id: "not-mounted",
    why: "A volume that no container mounts gets no client.",
    covers: ({ path, ours }, outcome) =>
      (path.startsWith("client/") || path === "label/done.sidecar.juicefs.com/inject") &&
      ours === undefined &&
      outcome.recorded.review.request.operation === "CREATE" &&
      !mountsClaim(outcome.original),
  },
  {
    id: "only-creation",
    why: "Containers cannot be added to a pod that exists, so only its creation is looked at.",
    covers: ({ ours, path }, { recorded }) =>
      recorded.review.request.operation !== "CREATE" &&
      (ours === undefined || (path.startsWith("mount/") && ours === "the claim")),
  },

  // What the client runs
  {
    id: "quota-by-controller",
    why: "The driver's controller has set the quota and raises it when the claim grows; set again at each start, an old one would come back (W32).",
    covers: ({ path, ours }, outcome) =>
      ofClient(path) === "quota" &&
      ours === "" &&
      attributesOf(outcome).some((one) => at(one, "juicefs/controller-quota-set") === "true"),
  },
  {
    id: "no-unused-credentials",
    why: "With a cached configuration nothing logs in, so the client gets neither token nor key.",
    covers: ({ path, ours }, outcome) =>
      /^env (token|secretkey)$/.test(ofClient(path) ?? "") &&
      ours === undefined &&
      hasFact(outcome, "init", "copy"),
  },
  {
    id: "session-token",
    why: 'What the driver writes means "the word token" to a shell (W19); ours gets the value, out of sight (W8).',
    covers: ({ path }) => ["flag session-token", "env session-token"].includes(ofClient(path) ?? ""),
  },
  {
    id: "acl-links",
    why: "Links are made one by one; the driver's line begins with && where there is no token, so its client never starts.",
    covers: ({ path, theirs }) => ofClient(path) === "init" && String(theirs).startsWith("ln -sf"),
  },
  {
    id: "ports-of-their-own",
    why: "Two clients in one pod cannot listen on one port, and in the node's network no pod has a port for itself (W34).",
    covers: ({ path, theirs }, { original, theirFacts, ourFacts }) =>
      ourFacts.has(path.replace(/^(client\/[^/]+\/).*$/s, "$1image")) &&
      ((ofClient(path) === "option metrics" && theirs === "0.0.0.0:9567") ||
        (ofClient(path) === "port metrics" && theirs === 9567)) &&
      (original.spec?.hostNetwork === true ||
        [...theirFacts].filter(([key]) => ofClient(key) === "port metrics").length > 1),
  },
  {
    id: "sub-directory-always",
    why: "A dynamic volume shows its own directory, never the root of the file system (W37).",
    covers: ({ path, theirs, ours }, { recorded }) =>
      ofClient(path) === "option subdir" &&
      theirs === undefined &&
      String(ours).startsWith("pvc-") &&
      "STORAGE_CLASS_SHARE_MOUNT" in recorded.env,
  },

  // The driver's configuration
  {
    id: "all-requests-and-limits",
    why: "Where the configuration gives only some, the client gets the others by default: quotas refuse and LimitRanges starve one without.",
    covers: ({ path, theirs }, { recorded }) =>
      /^(requests|limits) (cpu|memory)$/.test(ofClient(path) ?? "") &&
      theirs === undefined &&
      configOf(recorded).includes("resources:"),
  },
  {
    id: "whole-selector",
    why: "A selector means all that it says: labels beside matchStorageClassName count (W35).",
    covers: ({ path }, { recorded }) =>
      ofClient(path) === "image" && /matchLabels:[^-]*matchStorageClassName/.test(configOf(recorded)),
  },
  {
    id: "configured-parts",
    why: "Labels, annotations, startupProbe and volumes of the configuration count, labels and annotations of a volume too, as do the nodes that a pod's affinity requires (W9, W43).",
    covers: ({ path, theirs }, { recorded, objects }) =>
      theirs === undefined &&
      !/sluice|serviceaccount/.test(path) &&
      ((/^(label|annotation)\//.test(path) &&
        (/^ {2}(labels|annotations):/m.test(configOf(recorded)) ||
          /juicefs\/mount-(labels|annotations)/.test(JSON.stringify(objects)))) ||
        (ofClient(path) === "startupProbe" && configOf(recorded).includes("startupProbe:")) ||
        (ofClient(path)?.startsWith("volume /") === true && configOf(recorded).includes("volumeMounts:")) ||
        (ofClient(path)?.startsWith("env ") === true && configOf(recorded).includes("nodeSelector:"))),
  },
  {
    id: "cache-directories-are-mounted",
    why: "A cache directory lies in a volume, not in the container's writable layer, and one in the configuration stands beside those of the volume (W22).",
    covers: ({ path, theirs, ours }) =>
      (/^volume \//.test(ofClient(path) ?? "") &&
        (theirs === undefined || at(theirs, "hostPath") !== undefined) &&
        at(ours, "emptyDir") !== undefined &&
        !/serviceaccount$/.test(path)) ||
      (ofClient(path) === "option cache-dir" && String(ours).endsWith(`:${String(theirs)}`)),
  },
  {
    id: "annotations-of-claims",
    why: "Whoever may make claims may write their annotations: only those that size the client are followed (W1).",
    covers: ({ path, ours }, outcome) =>
      /^(option cache-dir|volume \/var\/jfsCache-emptyDir)$/.test(ofClient(path) ?? "") &&
      ours === undefined &&
      claimsOf(outcome).some(
        (claim) => at(claim, "metadata", "annotations", "juicefs/mount-cache-emptydir") !== undefined,
      ),
  },
  {
    id: "no-size-is-no-size",
    why: "An emptyDir whose size is not said has none; 0 means the same to Kubernetes.",
    covers: ({ path, theirs }) =>
      ofClient(path)?.startsWith("volume /") === true && at(theirs, "emptyDir", "sizeLimit") === "0",
  },

  // Kinds of nodes
  {
    id: "classic-default-container",
    why: "kubectl goes on to take the app for the main container where the client has to be the first.",
    covers: ({ path, theirs }, { recorded }) =>
      path === "annotation/kubectl.kubernetes.io/default-container" &&
      theirs === undefined &&
      configOf(recorded).includes("enableNativeSidecar: false"),
  },
  {
    id: "vendor-start",
    why: "Where nothing else holds back the app until the mount is there, a startupProbe of ours does.",
    covers: ({ path, theirs }, outcome) =>
      ofClient(path) === "startupProbe" && theirs === undefined && isOnVirtualNode(outcome),
  },
  {
    id: "vci",
    why: "The container's name has no claim's in it, which may be too long (W28); annotations name all volumes, and no delays of mount pods; VCI is VCI whichever webhook is called.",
    covers: ({ path }, outcome) =>
      isOnVirtualNode(outcome) &&
      (/^annotation\/(vci\.|vke\.al|juicefs-)/.test(path) || ofClient(path) === "privileged"),
  },
];

interface Asked {
  readonly pod: Pod;
  readonly namespace: string;
  readonly claims: readonly Manifest[];
  readonly objects: readonly Manifest[];
  readonly attributes: readonly unknown[];
  readonly options: readonly string[];
  readonly config: string;
}

function askedOf(outcome: JuicefsOutcome): Asked {
  const { recorded, original, objects } = outcome;
  return {
    pod: original,
    namespace: recorded.review.request.namespace,
    claims: claimsOf(outcome),
    objects,
    attributes: attributesOf(outcome),
    options: claimsOf(outcome).flatMap((claim) =>
      list(at(volumeOf(objects, claim), "spec", "mountOptions")).map(String),
    ),
    config: configOf(recorded),
  };
}

/** The driver admits what we refuse for this reason, which the case really is. */
function verdict(reason: string, is: (asked: Asked) => boolean): AllowedJuicefsDifference["covers"] {
  return ({ path, theirs, ours }, outcome) =>
    path === "verdict" &&
    theirs === "admitted" &&
    new RegExp(`^refused \\d+ (.*,)?${reason}[,:]`).test(String(ours)) &&
    is(askedOf(outcome));
}

/** The driver refuses what we admit. */
function admitted(is: (asked: Asked) => boolean): AllowedJuicefsDifference["covers"] {
  return ({ path, ours }, outcome) => path === "verdict" && ours === "admitted" && is(askedOf(outcome));
}

/** The rest of a path within one client: "image", "option subdir"; undefined for other paths. */
function ofClient(path: string): string | undefined {
  return /^client\/[^/]+\/(.*)$/s.exec(path)?.[1];
}

/** Whether the client of the path is in our pod, too. */
function isServed(path: string, { ourFacts }: JuicefsOutcome): boolean {
  return ourFacts.has(path.replace(/^(client\/[^/]+\/).*$/s, "$1image"));
}

function hasFact({ ourFacts }: JuicefsOutcome, key: string, value: unknown): boolean {
  return [...ourFacts].some(([path, found]) => ofClient(path) === key && found === value);
}

function mountsClaim(pod: Pod): boolean {
  const volumes = pod.spec?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined) ?? [];
  return containersOf(pod).some((container) =>
    container.volumeMounts?.some((mount) => volumes.some(({ name }) => name === mount.name)),
  );
}

function claimNames({ spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function claimsOf({ recorded, original, objects }: JuicefsOutcome): Manifest[] {
  const { namespace } = recorded.review.request;
  return claimNames(original).flatMap(
    (name) => find(objects, "PersistentVolumeClaim", namespace, name) ?? [],
  );
}

function volumeOf(objects: readonly Manifest[], claim: Manifest): Manifest | undefined {
  return find(objects, "PersistentVolume", undefined, String(at(claim, "spec", "volumeName")));
}

function attributesOf(outcome: JuicefsOutcome): unknown[] {
  return claimsOf(outcome).map((claim) =>
    at(volumeOf(outcome.objects, claim), "spec", "csi", "volumeAttributes"),
  );
}

function sizeOf(claim: Manifest): string {
  return String(at(claim, "spec", "resources", "requests", "storage"));
}

function configOf({ objects }: JuicefsCase): string {
  return String(
    at(
      objects.find(({ kind }) => kind === "ConfigMap"),
      "data",
      "config.yaml",
    ) ?? "",
  );
}

function saysReadOnly(outcome: JuicefsOutcome): boolean {
  const { original, objects } = outcome;
  const byPod = original.spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.readOnly) === true;
  return (
    byPod ||
    claimsOf(outcome).some((claim) => {
      const spec = at(volumeOf(objects, claim), "spec");
      const modes = list(at(spec, "accessModes"));
      return at(spec, "csi", "readOnly") === true || modes.every((mode) => mode === "ReadOnlyMany");
    })
  );
}

function isOnVirtualNode({ original }: JuicefsOutcome): boolean {
  const { labels = {}, annotations = {} } = original.metadata ?? {};
  return [...Object.keys(labels), ...Object.keys(annotations)].some((key) => /burst-to|eci/.test(key));
}
