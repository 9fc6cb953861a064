import { isRawObject } from "../cluster/raw-fields.ts";

/** Where in a value something is wrong, and what should stand there. Paths grow on the way out, so that good pods pay nothing. */
interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly found: unknown;
}
type Check = (value: unknown) => Mismatch | undefined;

const text: Check = (value) => (typeof value === "string" ? undefined : mismatch("a string", value));
const flag: Check = (value) => (typeof value === "boolean" ? undefined : mismatch("true or false", value));
const number: Check = (value) => (typeof value === "number" ? undefined : mismatch("a number", value));
const quantity: Check = (value) =>
  typeof value === "string" || typeof value === "number" ? undefined : mismatch("a quantity", value);
const any: Check = (value) => (isRawObject(value) ? undefined : mismatch("an object", value));

function listOf(item: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return mismatch("a list", value);
    for (let index = 0; index < value.length; index++) {
      const problem = item(value[index]);
      if (problem !== undefined) return within(`[${index}]`, problem);
    }
    return undefined;
  };
}

function mapOf(item: Check): Check {
  return (value) => {
    if (!isRawObject(value)) return mismatch("an object", value);
    for (const key of Object.keys(value)) {
      const problem = item(value[key]);
      if (problem !== undefined) return within(`["${key}"]`, problem);
    }
    return undefined;
  };
}

/** An object with the parts `required` and perhaps those of `optional`; others are not looked at. */
function objectWith(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>>,
): Check {
  const must = Object.entries(required);
  const may = Object.entries(optional);
  return (value) => {
    if (!isRawObject(value)) return mismatch("an object", value);
    for (const [key, check] of must) {
      const problem = check(value[key]);
      if (problem !== undefined) return within(`.${key}`, problem);
    }
    for (const [key, check] of may) {
      const part = value[key];
      if (part === undefined) continue;
      const problem = check(part);
      if (problem !== undefined) return within(`.${key}`, problem);
    }
    return undefined;
  };
}

const texts = listOf(text);
const textMap = mapOf(text);
const quantities = mapOf(quantity);
const objects = listOf(any);
const named = listOf(objectWith({ name: text }, {}));
const optionallyNamed = listOf(objectWith({}, { name: text }));

const container = objectWith(
  { name: text },
  {
    image: text,
    command: texts,
    args: texts,
    workingDir: text,
    restartPolicy: text,
    env: listOf(objectWith({ name: text }, { value: text, valueFrom: any })),
    envFrom: objects,
    ports: listOf(objectWith({}, { name: text, containerPort: number, hostPort: number })),
    resources: objectWith({}, { requests: quantities, limits: quantities }),
    volumeMounts: listOf(
      objectWith(
        { name: text, mountPath: text },
        { subPath: text, subPathExpr: text, readOnly: flag, recursiveReadOnly: text, mountPropagation: text },
      ),
    ),
    volumeDevices: listOf(objectWith({ name: text, devicePath: text }, {})),
    securityContext: objectWith({}, { privileged: flag, capabilities: objectWith({}, { add: texts }) }),
    lifecycle: any,
    startupProbe: any,
    livenessProbe: any,
    readinessProbe: any,
  },
);

const claimTemplate = objectWith(
  {},
  {
    metadata: objectWith({}, { labels: textMap, annotations: textMap }),
    spec: objectWith({}, { storageClassName: text, volumeName: text, accessModes: texts, selector: any }),
  },
);

const volume = objectWith(
  { name: text },
  {
    persistentVolumeClaim: objectWith({ claimName: text }, { readOnly: flag }),
    ephemeral: objectWith({}, { volumeClaimTemplate: claimTemplate }),
    emptyDir: any,
    hostPath: objectWith({}, { path: text, type: text }),
    configMap: any,
    secret: any,
    csi: any,
    projected: objectWith({}, { sources: objects }),
    downwardAPI: objectWith({}, { items: listOf(objectWith({}, { path: text, fieldRef: any })) }),
  },
);

const requirements = listOf(objectWith({ key: text, operator: text }, { values: texts }));
const nodeTerm = objectWith({}, { matchExpressions: requirements, matchFields: requirements });
const nodeAffinity = objectWith(
  {},
  {
    requiredDuringSchedulingIgnoredDuringExecution: objectWith({ nodeSelectorTerms: listOf(nodeTerm) }, {}),
    preferredDuringSchedulingIgnoredDuringExecution: listOf(
      objectWith({ weight: number, preference: nodeTerm }, {}),
    ),
  },
);

const pod = objectWith(
  {
    metadata: objectWith(
      {},
      {
        name: text,
        generateName: text,
        namespace: text,
        labels: textMap,
        annotations: textMap,
        ownerReferences: listOf(objectWith({}, { kind: text, name: text })),
      },
    ),
    spec: objectWith(
      { containers: listOf(container) },
      {
        initContainers: listOf(container),
        ephemeralContainers: listOf(container),
        volumes: listOf(volume),
        affinity: objectWith({}, { nodeAffinity, podAffinity: any, podAntiAffinity: any }),
        nodeName: text,
        nodeSelector: textMap,
        tolerations: listOf(objectWith({}, { key: text, operator: text, value: text, effect: text })),
        imagePullSecrets: optionallyNamed,
        schedulingGates: named,
        serviceAccountName: text,
        runtimeClassName: text,
        schedulerName: text,
        topologySpreadConstraints: listOf(objectWith({}, { topologyKey: text })),
        dnsPolicy: text,
        dnsConfig: objectWith({}, { nameservers: texts, searches: texts }),
        restartPolicy: text,
        terminationGracePeriodSeconds: number,
        hostPID: flag,
        hostIPC: flag,
        hostNetwork: flag,
        hostUsers: flag,
        os: objectWith({}, { name: text }),
        shareProcessNamespace: flag,
        automountServiceAccountToken: flag,
        securityContext: any,
        resources: objectWith({}, { requests: quantities, limits: quantities }),
      },
    ),
  },
  {},
);

/** What keeps `object` from being a pod, by its JSON path ("spec.containers must be a list, not an object"). */
export function podProblem(object: unknown): string | undefined {
  const problem = pod(object);
  if (problem === undefined) return undefined;
  const path = problem.path === "" ? "the pod" : problem.path.slice(1);
  return `${path} must be ${problem.expected}, ${describe(problem.found)}`;
}

function mismatch(expected: string, found: unknown): Mismatch {
  return { path: "", expected, found };
}

function within(step: string, problem: Mismatch): Mismatch {
  return { ...problem, path: step + problem.path };
}

function describe(found: unknown): string {
  if (found === undefined) return "and is missing";
  if (found === null) return "not null";
  if (Array.isArray(found)) return "not a list";
  return typeof found === "object" ? "not an object" : `not a ${typeof found}`;
}
