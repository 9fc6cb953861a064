import * as z from "zod";

const text = z.string().min(1, "must not be empty");
const texts = z.record(text, z.string());
// Kubernetes: docs, "Labels and Selectors" (the name of a platform is a value that pods carry).
const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and dashes");

/** A label or annotation by which a platform is recognised. */
const markSchema = z.strictObject({
  kind: z.enum(["label", "annotation"]),
  key: text,
  value: z.string(),
  /** Whether it also counts on the namespace, for all its pods. */
  onNamespace: z.boolean().default(false),
});

const recognitionSchema = z.strictObject({
  /** Marks on the pod by which its maker names the platform; they count before all `marks`. */
  targets: z.array(markSchema).default([]),
  /** Marks that send a pod to this kind of node. */
  marks: z.array(markSchema).default([]),
  /** Keys of marks that, with any other value than those of `marks`, send a pod here or to an ordinary node. */
  bursts: z.array(z.strictObject({ kind: z.enum(["label", "annotation"]), key: text })).default([]),
  /** Labels of such nodes, all of which a nodeSelector or required node affinity has to ask for to lead here. */
  nodeLabels: texts.default({}),
  /** Keys of the taints of such nodes. A toleration alone says only that a pod may come here. */
  taints: z.array(text).default([]),
  /** A part of the pod's `runtimeClassName`. */
  runtimeClass: text.optional(),
});

const mountSchema = z
  .strictObject({
    /**
     * How a client's mount reaches the app. `views`: the healing views of a kubelet's nodes; `empty-dir`: a shared emptyDir
     * with Bidirectional propagation; `annotation`: the same, the propagation granted by an annotation; `inline-csi`: the
     * vendor's volume driver; `nothing`: no way is known.
     */
    by: z.enum(["views", "empty-dir", "annotation", "inline-csi", "nothing"]),
    /** Whether a `subPath` of such a volume shows what lies there; `views` need none of the platform. */
    subPaths: z.boolean().default(false),
    /** For `annotation`: one that switches propagation on, one that lists what propagates. */
    annotation: z.strictObject({ switch: text, list: text }).optional(),
    /** For `inline-csi`: the driver, and how it is told where the client mounts. */
    csi: z.strictObject({ driver: text, fsType: text, attribute: text, folderEnv: text }).optional(),
  })
  .refine(({ by, annotation }) => by !== "annotation" || annotation !== undefined, {
    path: ["annotation"],
    message: "is needed where by is annotation",
  })
  .refine(({ by, csi }) => by !== "inline-csi" || csi !== undefined, {
    path: ["csi"],
    message: "is needed where by is inline-csi",
  });

const sizes = z.strictObject({ cpu: text, memory: text });

const clientSchema = z.strictObject({
  /** What a client runs with. Kubernetes grants Bidirectional propagation to privileged containers only. */
  privilege: z.enum(["privileged", "capabilities", "root", "none"]),
  /** For `capabilities`, without CAP_. */
  capabilities: z.array(text).default([]),
  /** Resources by which a device plugin hands out /dev/fuse, with their amounts. */
  devices: texts.default({}),
  /** Variables that every client gets. */
  env: texts.default({}),
  /** Fluid's runtime types that can be served; absent: all. */
  runtimes: z.array(text).optional(),
  /** Size of a client whose template states none; absent: the configuration's clientResources. */
  resources: z.strictObject({ requests: sizes, limits: sizes }).optional(),
});

const startSchema = z
  .strictObject({
    /**
     * What lets the app start after the client. `kubelet`: native sidecars, or the order of containers and a hook, as on
     * any node; `priority`: containers start side by side, unless a variable orders them.
     */
    order: z.enum(["kubelet", "priority"]),
    /** For `priority`: the variable, and the value that starts first. */
    priority: z.strictObject({ env: text, first: z.int() }).optional(),
  })
  .refine(({ order, priority }) => order !== "priority" || priority !== undefined, {
    path: ["priority"],
    message: "is needed where order is priority",
  });

const endSchema = z.strictObject({
  /** What ends a classic client when the app has ended; `nothing`: only a controller can. */
  by: z.enum(["environment", "annotation", "nothing"]),
  /** For `environment`: variables that make a container a sidecar. */
  env: texts.default({}),
  /** For `annotation`: the one that lists sidecars, separated by commas. */
  annotation: text.optional(),
  /** The variable that orders the end of containers, and the value that ends last. */
  priority: z.strictObject({ env: text, last: z.int() }).optional(),
});

/** What a finished pod can be held against. */
export const forbiddable = [
  "hostPath",
  "hostNetwork",
  "hostPID",
  "hostIPC",
  "hostPort",
  "privileged",
  "daemonSet",
] as const;

const rulesSchema = z.strictObject({
  forbidden: z.array(z.enum(forbiddable)).default([]),
  /** Capabilities that may be added; absent: any. */
  capabilities: z.array(text).optional(),
  maxContainers: z.int().min(1).optional(),
  maxVolumes: z.int().min(1).optional(),
});

const sizingSchema = z.strictObject({
  /** What follows from the sum of the containers' sizes, in words. */
  rounding: text,
  /** Sizes that are sold: vCPUs, and what memory in GiB goes with them. */
  instances: z.array(z.strictObject({ cpu: z.number().positive(), memory: z.array(z.number().positive()) })),
  /** The variable that keeps a container out of the sum. */
  ignore: z.strictObject({ env: text, value: z.string() }).optional(),
  /** Whether clients get that variable. */
  ignoreClients: z.boolean().default(false),
});

const zonesSchema = z.strictObject({
  /** The pod annotation that lists places where it may run, separated by commas. */
  annotation: text,
  /** An annotation by which the first of them is tried first. */
  order: z.strictObject({ annotation: text, value: z.string() }).optional(),
  /** The place in each zone, by the value of topology.kubernetes.io/zone. */
  byZone: texts.default({}),
});

/** What one kind of node allows, as data: `docs/platforms.md` is printed from it. */
export const platformSchema = z.strictObject({
  name,
  /** What kind of node this is, as one sentence for `explain`. */
  summary: text,
  recognition: recognitionSchema,
  mount: mountSchema,
  client: clientSchema,
  /** Whether init containers with `restartPolicy: Always` run there; `by-kubelet`: as the node's version says. */
  nativeSidecars: z.union([z.boolean(), z.literal("by-kubelet")]),
  start: startSchema,
  end: endSchema,
  /** Whether the scheduler heeds a pod's node affinity on its way to such a node. */
  nodeAffinity: z.enum(["heard", "ignored"]),
  /**
   * Who places pods there: the cluster's scheduler, which leaves a pod with a scheduling gate alone, or the platform's own
   * way past it, on which a gate is not heeded or strands the pod.
   */
  scheduler: z.enum(["cluster", "own"]),
  /** What chooses the place of a pod where node affinity does not. */
  placement: text.optional(),
  /** How a pod is led to the zones that hold its caches where node affinity does not. */
  zones: zonesSchema.optional(),
  rules: rulesSchema,
  sizing: sizingSchema.optional(),
  /** What no source settles, by the field that it is about. Shown by `explain`, and warned of. */
  unconfirmed: texts.default({}),
  /** Where the facts come from. */
  sources: z.array(text).default([]),
});

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

export type Platform = Frozen<z.infer<typeof platformSchema>>;
export type PlatformMark = Platform["recognition"]["marks"][number];
export type ForbiddenField = (typeof forbiddable)[number];
