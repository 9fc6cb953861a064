import type { Fields } from "./fields.ts";

export interface LargePodShape {
  readonly containers: number;
  /** Datasets that each of the containers mounts; each has a client of its own. */
  readonly clients: number;
  /** What stands before the clients: nothing, a container without mounts, or one that mounts the first dataset. */
  readonly first?: "harmless" | "consumer";
}

/** A pod as it comes from Sluice, with names as long as they may be, for the API server counts what is compared. */
export function servedPod(namespace: string, { containers, clients, first }: LargePodShape): Fields {
  const numbers = [...Array(clients).keys()];
  const named = numbers.map((number) => [`data-${number}`, `fluid-fuse-${number}`]);
  const served = numbers.map((number) => ({
    name: `fluid-fuse-${number}`,
    image: "client",
    restartPolicy: "Always",
    command: ["sh", "-c", "script", "sluice-supervisor"],
    volumeMounts: [{ name: `data-${number}`, mountPath: `/sluice/views/data-${number}` }],
  }));
  const mounts = numbers.map((number) => ({ name: `data-${number}`, mountPath: `/data/${number}` }));
  const early = {
    name: "early",
    image: "early",
    volumeMounts: first === "consumer" ? mounts.slice(0, 1) : [],
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "large",
      namespace,
      labels: { "done.sidecar.fluid.io/inject": "true" },
      annotations: {
        "sluice.io/status": JSON.stringify({ verdict: "injected", clients: Object.fromEntries(named) }),
      },
    },
    spec: {
      initContainers: [...(first === undefined ? [] : [early]), ...served],
      containers: Array.from({ length: containers }, (_, number) => ({
        name: `app-${number}-`.padEnd(63, "x"),
        image: "app",
        volumeMounts: mounts,
      })),
      volumes: numbers.map((number) => ({ name: `data-${number}`, emptyDir: {} })),
    },
  };
}

/** A pod that asks for no dataset, with nothing in its many containers and volumes. */
export function emptyPod(containers: number, volumes: number): Fields {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "large", namespace: "demo" },
    spec: {
      containers: Array.from({ length: containers }, (_, number) => ({
        name: `app-${number}`,
        image: "app",
      })),
      volumes: Array.from({ length: volumes }, (_, number) => ({ name: `empty-${number}`, emptyDir: {} })),
    },
  };
}
