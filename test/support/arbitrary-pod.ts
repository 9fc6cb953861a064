import fc from "fast-check";
import type {
  Affinity,
  Container,
  EnvVar,
  LocalObjectReference,
  Pod,
  Volume,
  VolumeMount,
} from "kubernetes-types/core/v1";
import { datasetClaims, otherClaims } from "./arbitrary-cluster.ts";

const volumeNames = ["data", "weights", "script-0", "sluice-no-token", "sluice-mount-0", "v".repeat(63)];
const containerNames = ["app", "proxy", "fluid-fuse-0", "sluice-guard", "istio-proxy", "a".repeat(63)];
const initNames = [
  "prepare",
  "istio-init",
  "fluid-fuse-1",
  "sluice-views-0",
  "linkerd-proxy",
  "b".repeat(63),
];
const mountPaths = ["/data", "/data/inner", "/", "/work", "/models/", "/a b", "/work/../x"];
const subPaths = ["a", "a/b/", "./a", "view-0", "view-1/x", "with space", "do$lar", "$(POD)", "..data"];
const expressions = [
  "$(POD)",
  "x/$(LITERAL)/$(POD)",
  "$$(POD)",
  "$(SECRET)",
  "$(UNKNOWN)",
  "$(POD",
  "$(EMPTY)",
];
const propagations = ["None", "HostToContainer"];

const variables: EnvVar[] = [
  { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  { name: "LITERAL", value: "l$$t" },
  { name: "EMPTY", value: "" },
  { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
];

/** Undefined more often than not. */
function seldom<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(values, { nil: undefined, freq: 2 });
}

type Compact<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The record without what is undefined. */
function compact<T extends object>(parts: fc.Arbitrary<T>): fc.Arbitrary<Compact<T>> {
  return parts.map(
    (part) =>
      Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Compact<T>,
  );
}

const claimNames = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...datasetClaims) },
  { weight: 1, arbitrary: fc.constantFrom(...otherClaims) },
);

function arbitraryVolume(name: string, claims: fc.Arbitrary<string>): fc.Arbitrary<Volume> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        name: fc.constant(name),
        persistentVolumeClaim: compact(
          fc.record({ claimName: claims, readOnly: seldom(fc.boolean()) }),
        ) as fc.Arbitrary<{ claimName: string }>,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ name, emptyDir: {} }) },
    { weight: 1, arbitrary: fc.constant({ name, configMap: { name: "settings" } }) },
  );
}

/** Mounts of some of the volumes, each at a path of its own. */
function arbitraryMounts(volumes: readonly Volume[]): fc.Arbitrary<VolumeMount[]> {
  if (volumes.length === 0) return fc.constant([]);
  const how = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.constantFrom(...subPaths).map((subPath) => ({ subPath })) },
    { weight: 1, arbitrary: fc.constantFrom(...expressions).map((subPathExpr) => ({ subPathExpr })) },
  );
  const one = fc
    .tuple(
      fc.constantFrom(...mountPaths),
      fc.constantFrom(...volumes.map((volume) => volume.name)),
      how,
      compact(
        fc.record({
          readOnly: seldom(fc.boolean()),
          mountPropagation: seldom(fc.constantFrom(...propagations)),
        }),
      ),
      seldom(fc.constantFrom("IfPossible", "Disabled")),
    )
    .map(([mountPath, name, sub, rest, recursiveReadOnly]): VolumeMount => {
      const recursive =
        rest.readOnly && recursiveReadOnly !== undefined && rest.mountPropagation === undefined;
      return { name, mountPath, ...sub, ...rest, ...(recursive ? { recursiveReadOnly } : {}) };
    });
  return fc.uniqueArray(one, { maxLength: 4, selector: (mount) => mount.mountPath });
}

function arbitraryContainers(
  names: readonly string[],
  volumes: readonly Volume[],
  least: number,
  policies: readonly string[],
): fc.Arbitrary<Container[]> {
  return fc.subarray([...names], { minLength: least, maxLength: 3 }).chain((chosen) =>
    fc.tuple(
      ...chosen.map((name) =>
        compact(
          fc.record({
            name: fc.constant(name),
            image: fc.constant("app:1"),
            env: seldom(fc.constant(variables)),
            workingDir: seldom(fc.constantFrom(...mountPaths)),
            volumeMounts: arbitraryMounts(volumes),
            restartPolicy: seldom(fc.constantFrom(...policies, undefined)),
            futureField: seldom(fc.constant({ of: ["a newer Kubernetes"] })),
          }),
        ).map((container): Container => ({ name, ...container })),
      ),
    ),
  );
}

const zone = { key: "topology.kubernetes.io/zone", operator: "In", values: ["z"] };
const affinities: Affinity[] = [
  {},
  { nodeAffinity: {} },
  { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
  {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [zone] }, { matchExpressions: [{ ...zone, key: "disk" }] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 3, preference: { matchExpressions: [zone] } },
      ],
    },
  },
];

const labels = {
  "serverless.fluid.io/inject": fc.constantFrom("true", "false"),
  "fluid.io/dataset.data.sched": fc.constant("required"),
  "fuse.sidecar.poststart.fluid.io/inject": fc.constantFrom("true", "false"),
  "cachedir.sidecar.fluid.io/inject": fc.constant("true"),
  "app.poststart.fluid.io/inject": fc.constant("true"),
  app: fc.constant("train"),
};

const annotations = {
  "sluice.io/sidecar": fc.constantFrom("auto", "native", "classic"),
  "sluice.io/cache-affinity": fc.constantFrom("preferred", "required", "none"),
  "sluice.io/client-stop": fc.constantFrom("wait", "detach"),
  "sluice.io/client-memory-request": fc.constantFrom("1Gi", "4Gi"),
  "sluice.io/client-cpu-limit": fc.constantFrom("500m", "3"),
  "fluid.io/datasets-in-use": fc.constantFrom("other,data", ""),
  "file-prefetcher.fluid.io/inject": fc.constantFrom("true", "false"),
  "file-prefetcher.fluid.io/async-prefetch": fc.constantFrom("true", "false"),
  "file-prefetcher.fluid.io/file-list": fc.constantFrom("<ALL>", "pvc://data/$(X)/**;pvc://sub"),
  "sluice.io/status": fc.constantFrom("{", '{"clients":{"a":"b"}}', "null"),
};

function seldomAll<T>(parts: Record<string, fc.Arbitrary<T>>): fc.Arbitrary<Record<string, T>> {
  const optional = Object.entries(parts).map(([key, value]) => [key, seldom(value)] as const);
  return compact(fc.record(Object.fromEntries(optional))) as fc.Arbitrary<Record<string, T>>;
}

/** Pods as an API server may send them. Their volumes are mostly of `claims`, default: all that the clusters know. */
export function arbitraryPod(claims: fc.Arbitrary<string> = claimNames): fc.Arbitrary<Pod> {
  return fc
    .subarray(volumeNames, { minLength: 1, maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((name) => arbitraryVolume(name, claims))))
    .chain((volumes) =>
      fc.record({
        apiVersion: fc.constant("v1"),
        kind: fc.constant("Pod"),
        metadata: compact(
          fc.record({
            name: fc.constant("train"),
            labels: seldom(seldomAll(labels)),
            annotations: seldom(seldomAll(annotations)),
          }),
        ),
        spec: compact(
          fc.record({
            volumes: fc.constant(volumes),
            initContainers: seldom(arbitraryContainers(initNames, volumes, 0, ["Always"])),
            containers: arbitraryContainers(containerNames, volumes, 1, []),
            affinity: seldom(fc.constantFrom(...affinities)),
            nodeName: seldom(fc.constant("node-1")),
            nodeSelector: seldom(fc.constant({ disk: "ssd" })),
            terminationGracePeriodSeconds: seldom(fc.constantFrom(0, 5, 600)),
            imagePullSecrets: seldom(fc.constant<LocalObjectReference[]>([{ name: "own" }])),
            automountServiceAccountToken: seldom(fc.boolean()),
            futureField: seldom(fc.constant({ of: "a newer Kubernetes" })),
          }),
        ).map((spec) => ({ containers: [], ...spec })),
      }),
    );
}

/** Pods all of whose claims can be served. */
export const arbitraryServablePod: fc.Arbitrary<Pod> = arbitraryPod(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...datasetClaims) },
    { weight: 1, arbitrary: fc.constant("plain") },
  ),
);
