import { at, type Fields, listAt, textAt } from "./fields.ts";

interface PodOptions {
  readonly namespace?: string;
  readonly claims?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A pod with a container that mounts each of the claims. Without a name it gets one from the API server. */
export function podOf(name: string | undefined, options: PodOptions = {}): Fields {
  const { namespace = "demo", claims = [], labels = {}, annotations = {} } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(name === undefined ? { generateName: "app-" } : { name }),
      namespace,
      labels,
      annotations,
    },
    spec: podSpecOf(claims),
  };
}

export function podSpecOf(claims: readonly string[]): Fields {
  return {
    containers: [
      {
        name: "app",
        image: "python:3.13",
        volumeMounts: claims.map((claim) => ({ name: claim, mountPath: `/${claim}` })),
      },
    ],
    volumes: claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: claim } })),
  };
}

/** Names of the clients that a pod holds, by their command. */
export function clientsOf(pod: unknown): string[] {
  return ["initContainers", "containers"]
    .flatMap((list) => listAt(pod, "spec", list))
    .filter((container) => at(container, "command", 3) === "sluice-supervisor")
    .map(({ name }) => String(name));
}

export function statusOf(pod: unknown): unknown {
  const text = textAt(pod, "metadata", "annotations", "sluice.io/status");
  return text === "" ? undefined : JSON.parse(text);
}

/** Claims that the pod still mounts itself. */
export function claimsOf(pod: unknown): string[] {
  return listAt(pod, "spec", "volumes")
    .map((volume) => textAt(volume, "persistentVolumeClaim", "claimName"))
    .filter((claim) => claim !== "");
}
