import * as z from "zod";
import { readPlatforms } from "./platforms/read-platforms.ts";

// YAML reads an unquoted 2 as a number, and Kubernetes takes it.
const quantity = z.preprocess(
  (value) => (typeof value === "number" ? String(value) : value),
  z
    .string()
    .regex(
      /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$/,
      "must be a Kubernetes quantity such as 500m or 1Gi",
    ),
);
const resources = z.strictObject({ cpu: quantity, memory: quantity });
const version = z.string().regex(/^v?\d+\.\d+/, "must be a Kubernetes version such as 1.33");

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A length of time as text, "720h"; parsed it is milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, "must be a length of time such as 30s, 10m, 720h or 90d")
  .transform((text) => Number.parseInt(text, 10) * (unitMs[text.slice(-1)] ?? 0));
// Kubernetes: docs, "Object Names and IDs" (DNS subdomain names, DNS label names).
const objectName = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, "must be the name of an object");
const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a name without dots");
const labelKey = z
  .string()
  .regex(
    /^([a-z0-9][-.a-z0-9]{0,252}\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    "must be the key of a label",
  );

/** How the API server comes to trust us. Only with a live cluster. */
const certificates = z
  .strictObject({
    /** `own`: made by the replicas and shared in a Secret. `files`: read from `directory`. */
    source: z.enum(["own", "files"]).default("own"),
    /** Where tls.crt, tls.key and ca.crt are, for `files`. */
    directory: z.string().min(1).optional(),
    /**
     * Who keeps the caBundle of the registration right: `ours` (the default for `own`), `external` such as cert-manager
     * (the default for `files`), or `none`: it is not even looked at.
     */
    caBundle: z.enum(["ours", "external", "none"]).optional(),
    /** The Secret for `own`. */
    secret: objectName.default("sluice-certs"),
    /** Where the Secret and the Service are; the default is the pod's own. */
    namespace: label.optional(),
    /** The Service by which the API server calls us: the certificate is made out to it. */
    service: label.default("sluice"),
    /** The name of our MutatingWebhookConfiguration. */
    webhookConfiguration: objectName.default("sluice"),
    /** The name of our ValidatingWebhookConfiguration, where one is installed. */
    validatingWebhookConfiguration: objectName.optional(),
    servingLife: duration.prefault("30d"),
    authorityLife: duration.prefault("365d"),
    /** How long an authority is announced before anything is served from it: every API server has seen it by then. */
    overlap: duration.prefault("60s"),
  })
  .refine(({ authorityLife, servingLife }) => !(authorityLife < 3 * servingLife), {
    path: ["authorityLife"],
    message:
      "must be at least three times servingLife, for an authority is replaced in the last third of its life",
  })
  .refine(({ authorityLife, overlap }) => !(authorityLife < 6 * overlap), {
    path: ["overlap"],
    message: "must be at most a sixth of authorityLife, in the last third of which it has to pass",
  });

/** Background work, by `sluice controllers`. */
const controllers = z.strictObject({
  /** Whether it runs in the cluster: pods that need it are then prepared for it. */
  enabled: z.boolean().default(false),
  /** Names of containers that only accompany an app: no client is kept for them once the app has ended. */
  sidecars: z.array(z.string()).default([]),
  /** How long a pod waits for its datasets' cache where it does not say for how long. */
  cacheWaitLimit: duration.prefault("30m"),
  /** Namespaces between which the ConfigMaps and Secrets of reference datasets' clients are copied; "*" is all of them. */
  copyClientObjects: z
    .strictObject({ from: z.array(z.string()).default([]), to: z.array(z.string()).default([]) })
    .prefault({}),
  /** Pods that ask for datasets and run without a client, for they were made while nobody injected them. */
  audit: z
    .strictObject({
      /** Whether they are looked for. */
      enabled: z.boolean().default(true),
      /** How often all pods are looked at. */
      interval: duration.prefault("10m"),
      /** Namespaces whose pods never reach the webhook, so that none of them was missed. */
      excludedNamespaces: z.array(z.string()).default(["kube-system", "sluice-system"]),
      /** Whether the Deployments, StatefulSets and DaemonSets of such pods are restarted, and how far apart. */
      restart: z
        .strictObject({ enabled: z.boolean().default(false), pause: duration.prefault("10m") })
        .prefault({}),
    })
    .prefault({}),
});

/** Claims of the JuiceFS CSI driver. */
const juicefs = z.strictObject({
  /** Whether they are served at all. */
  enabled: z.boolean().default(true),
  driver: z.string().min(1).default("csi.juicefs.com"),
  /** The ConfigMap with the driver's configuration file. */
  configMap: z
    .strictObject({
      namespace: label.default("kube-system"),
      name: objectName.default("juicefs-csi-driver-config"),
    })
    .prefault({}),
  /** Where `sluice controllers` writes down what may be told of the Secrets of volumes. */
  factsNamespace: label.default("sluice-system"),
  /** Images of clients, where neither the driver's configuration nor the volume names one. */
  ceImage: z.string().min(1).default("juicedata/mount:ce-nightly"),
  eeImage: z.string().min(1).default("juicedata/mount:ee-nightly"),
  /** As the driver's JFS_NO_UPDATE_CONFIG: the client of the enterprise edition does not fetch its configuration. */
  noUpdateConfig: z.boolean().default(false),
});

/** The configuration file. Every key may be left out; an unknown key is an error. */
const schema = z.strictObject({
  /** What happens to a pod that opts in without saying how. */
  mode: z.enum(["sidecar", "csi"]).default("sidecar"),
  /** `disabled`: every pod is left as it comes (Fluid: DISABLE_INJECTION). */
  injection: z.enum(["enabled", "disabled"]).default("enabled"),
  /** Key of a pod label that opts in and whose value names the platform (Fluid: KEY_SERVERLESS_PLATFORM). */
  platformLabel: labelKey.optional(),
  /** `auto`: native where API server and nodes run them. */
  sidecar: z.enum(["auto", "native", "classic"]).default("auto"),
  cacheAffinity: z.enum(["preferred", "strong", "required", "none"]).default("preferred"),
  /** `auto`: a client is ended once it has detached where it is known to hold nothing unwritten, else waited for. */
  clientStop: z.enum(["auto", "wait", "detach"]).default("auto"),
  platform: z.string().default("kubernetes"),
  /** What is different of the platforms that come with Sluice, and further ones; by name. */
  platforms: z
    .unknown()
    .transform((value, context) => {
      const { catalog, problems } = readPlatforms(value);
      for (const { path, message } of problems)
        context.addIssue({ code: "custom", path: [...path], message, input: value });
      return catalog;
    })
    .prefault({}),
  /** What happens to a pod with clients for a platform of which something is not confirmed. */
  unconfirmedPlatforms: z.enum(["warn", "refuse"]).default("warn"),
  /**
   * What happens to a pod whose client the Pod Security level of its namespace refuses: it is refused with the reason, or
   * warned of, for a cluster that exempts such pods.
   */
  podSecurity: z.enum(["refuse", "warn"]).default("refuse"),
  /** For a client whose template states none and whose pod asks for none, and for the file prefetcher. */
  clientResources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2", memory: "2Gi" } }),
  guardResources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } }),
  /** Image with `sh` and `dd` for the file prefetcher in csi mode, where no client's image is at hand. */
  prefetchImage: z.string().min(1).optional(),
  /** Tiers of cache locality: `fluid.io/node`, `fluid.io/fuse`, or a label that the runtime pins its workers by. */
  cacheTiers: z
    .strictObject({
      preferred: z.array(z.strictObject({ name: z.string(), weight: z.int().min(1).max(100) })),
      required: z.array(z.string()),
    })
    .default({
      preferred: [
        { name: "fluid.io/node", weight: 100 },
        { name: "topology.kubernetes.io/zone", weight: 50 },
        { name: "topology.kubernetes.io/region", weight: 20 },
      ],
      required: ["fluid.io/node"],
    }),
  /** `cached`: preferences weigh in proportion to how much of their dataset is cached. */
  cacheWeights: z.enum(["fixed", "cached"]).default("fixed"),
  /** The ConfigMap of Fluid's plugin profile. Where it is, its steps and tiers count, and not `cacheTiers`. */
  pluginProfile: z
    .strictObject({
      namespace: label.default("fluid-system"),
      name: objectName.default("webhook-plugins"),
    })
    .prefault({}),
  /** Native sidecars that must stay in front of ours. */
  meshProxies: z.array(z.string()).default(["istio-proxy", "linkerd-proxy"]),
  /**
   * How long a hook of a client waits for its mount, so that the app's first try succeeds; in seconds, 0: not at all. The
   * kubelet deletes a pod only after its hooks have ended.
   */
  gateSeconds: z.int().min(0).max(300).default(3),
  /** How long a classic client goes on after the pod was told to stop, for the app may still read; in seconds. */
  classicHoldSeconds: z.int().min(0).max(3600).default(10),
  /** Pods with one of these labels have makers that take containers[0] for the application. */
  firstContainerIsApp: z.array(z.string()).default(["ray.io/node-type", "airflow_version"]),
  /** What to do with a subPathExpr that the client cannot follow: refuse the pod, or let it go without healing. */
  subPathExpr: z.enum(["refuse", "direct"]).default("refuse"),
  /** Datasets that refer to those of other namespaces, `dataset://namespace/name`. */
  references: z
    .strictObject({
      /** Whether a Dataset whose owner does not say who may refer to it may be referred to. */
      unlessStated: z.enum(["allow", "refuse"]).default("allow"),
      /** What becomes of a pod whose client needs ConfigMaps or Secrets that nobody says are in its namespace. */
      missingObjects: z.enum(["refuse", "warn"]).default("refuse"),
    })
    .prefault({}),
  /** What becomes of a client's directories on the node where its platform refuses them. */
  refusedHostPaths: z.enum(["emptyDir", "drop", "refuse"]).default("emptyDir"),
  /** The API server's version, where it cannot be asked. */
  kubernetesVersion: version.optional(),
  /** Largest number of reviews in work at once; more are told to come back. */
  maxReviewsInWork: z.int().min(1).default(256),
  certificates: certificates.prefault({}),
  controllers: controllers.prefault({}),
  juicefs: juicefs.prefault({}),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});

export type Config = Readonly<z.infer<typeof schema>>;

/** A configuration that cannot be used; `problems` names every bad key with its reason. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(source: string, problems: readonly string[]) {
    super(`${source} is not a valid configuration:\n${problems.map((p) => `  ${p}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Checks a parsed configuration file and fills in the defaults.
 * `source` is the file's name, for messages. Throws `ConfigError` with all problems at once.
 */
export function parseConfig(value: unknown, source = "the configuration"): Config {
  const result = schema.safeParse(value ?? {});
  if (result.success) return Object.freeze(result.data);
  throw new ConfigError(
    source,
    result.error.issues.map((issue) => `${issue.path.join(".") || "(top level)"}: ${issue.message}`),
  );
}

export const defaultConfig: Config = parseConfig({});
