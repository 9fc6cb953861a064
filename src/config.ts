import { z } from "zod";

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

/** The configuration file. Every key may be left out; an unknown key is an error. */
const schema = z.strictObject({
  /** What happens to a pod that opts in without saying how. */
  mode: z.enum(["sidecar", "csi"]).default("sidecar"),
  /** `auto`: native where API server and nodes run them. */
  sidecar: z.enum(["auto", "native", "classic"]).default("auto"),
  cacheAffinity: z.enum(["preferred", "required", "none"]).default("preferred"),
  /** `auto`: a client is ended once it has detached where it is known to hold nothing unwritten, else waited for. */
  clientStop: z.enum(["auto", "wait", "detach"]).default("auto"),
  platform: z.string().default("kubernetes"),
  /** For a client whose template states none and whose pod asks for none. */
  clientResources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2", memory: "2Gi" } }),
  guardResources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } }),
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
  /** Native sidecars that must stay in front of ours. */
  meshProxies: z.array(z.string()).default(["istio-proxy", "linkerd-proxy"]),
  /** How long a classic client goes on after the pod was told to stop, for the app may still read; in seconds. */
  classicHoldSeconds: z.int().min(0).max(3600).default(10),
  /** Pods with one of these labels have makers that take containers[0] for the application. */
  firstContainerIsApp: z.array(z.string()).default(["ray.io/node-type", "airflow_version"]),
  /** What to do with a subPathExpr that the client cannot follow: refuse the pod, or let it go without healing. */
  subPathExpr: z.enum(["refuse", "direct"]).default("refuse"),
  /** The API server's version, where it cannot be asked. */
  kubernetesVersion: version.optional(),
  /** Largest number of reviews in work at once; more are told to come back. */
  maxReviewsInWork: z.int().min(1).default(256),
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
