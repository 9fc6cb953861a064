import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

/** What the API server lets through in one pod, which is decided about while all others wait. */
const longest = 1_000_000;

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const nodes = many(2_000, (index) => ({
  name: `node-${index}`,
  labels: { disk: "ssd" },
  taints: [],
  kubeletVersion: "v1.28.0",
}));
const cluster = optedInCluster([fluidDataset("data")], { nodes });
// With native sidecars, so that every kind of container is looked at.
const config = { sidecar: "native" as const };

interface Hostile {
  readonly spec?: Partial<NonNullable<Pod["spec"]>>;
  readonly annotations?: Record<string, string>;
}

function podOf({ spec = {}, annotations = {} }: Hostile): Pod {
  return { ...podWith(["data"], spec), metadata: { name: "train", namespace: "default", annotations } };
}

const claim = (name: string): Volume => ({ name, persistentVolumeClaim: { claimName: "data" } });
const app = (container: Partial<Container>): Container => ({ name: "app", ...container });
const mounts = (count: number, more: object = {}) =>
  many(count, (index) => ({ name: "data", mountPath: `/m/${index}`, ...more }));
const rest = { readOnly: true, recursiveReadOnly: "Enabled" };
const prefetch = (list: string) => ({
  "file-prefetcher.fluid.io/inject": "true",
  "file-prefetcher.fluid.io/file-list": list,
});
const mounted = { exec: { command: ["sh", "-c", "", "sluice-mounted", "0", "/y"] } };

describe("a pod made to take long", () => {
  it.each<[string, Hostile]>([
    [
      "a node selector of many labels",
      {
        spec: { nodeSelector: Object.fromEntries(many(60_000, (i) => [i === 0 ? "disk" : `k${i}`, "ssd"])) },
      },
    ],
    [
      "many tolerations",
      { spec: { tolerations: many(20_000, (i) => ({ key: `k${i}`, operator: "Exists" })) } },
    ],
    [
      "a container's name that each of its mounts would be told with",
      { spec: { containers: [{ name: "x".repeat(longest), volumeMounts: mounts(5_000, rest) }] } },
    ],
    [
      "a working directory that is compared with each mount",
      { spec: { containers: [app({ workingDir: "/x".repeat(longest / 2), volumeMounts: mounts(5_000) })] } },
    ],
    [
      "an expression of open brackets",
      { spec: { containers: [app({ volumeMounts: mounts(1, { subPathExpr: "$(".repeat(longest / 2) }) })] } },
    ],
    ["many volumes", { spec: { volumes: many(20_000, (i) => claim(i === 0 ? "data" : `v${i}`)) } }],
    [
      "many clients that look alike",
      {
        spec: {
          initContainers: many(3_000, (i) => ({ name: `i${i}`, startupProbe: mounted })),
          volumes: [
            claim("data"),
            ...many(3_000, (i) => ({ name: `w${i}`, csi: { driver: "x", volumeAttributes: { a: "y" } } })),
          ],
        },
      },
    ],
  ])("by %s is refused, in both modes", (_, hostile) => {
    for (const mode of ["sidecar", "csi"]) {
      const annotations = { ...hostile.annotations, "sluice.io/mode": mode };
      const { verdict, findings } = decidePod(podOf({ ...hostile, annotations }), cluster, config);
      expect(verdict).toBe("rejected");
      expect(findings[0]?.code).toBe("too-large");
      expect(findings[0]?.message.length).toBeLessThan(300);
    }
  });

  it.each<[string, Hostile]>([
    [
      "many variables that many expressions name",
      {
        spec: {
          containers: [
            app({
              env: many(20_000, (i) => ({ name: `E${i}`, value: "a" })),
              volumeMounts: mounts(5_000, { subPathExpr: "$(E0)".repeat(100) }),
            }),
          ],
        },
      },
    ],
    [
      "a list of files for many volumes",
      {
        annotations: prefetch(many(60_000, (i) => `pvc://data/${i}`).join(";")),
        spec: {
          volumes: many(4_000, (i) => claim(`v${i}`)),
          containers: [app({ volumeMounts: many(4_000, (i) => ({ name: `v${i}`, mountPath: `/d/${i}` })) })],
        },
      },
    ],
    ["one very long name of a file", { annotations: prefetch(`pvc://data/${"a".repeat(longest)}`) }],
    [
      "a list of many other claims' files",
      { annotations: prefetch(many(60_000, (i) => `pvc://${i}/`).join(";")) },
    ],
    [
      "many small volumes in memory",
      {
        spec: {
          volumes: [
            claim("data"),
            ...many(4_900, (i) => ({ name: `w${i}`, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } })),
          ],
          containers: [app({ volumeMounts: mounts(5_000) })],
        },
      },
    ],
  ])("by %s gets what it asks for", (_, hostile) => {
    expect(decidePod(podOf(hostile), cluster, config).verdict).toBe("injected");
  });

  it("is left alone where it mounts no dataset, however large it is", () => {
    const plain: ClusterView = optedInCluster([]);
    const pod = podWith([], { volumes: many(6_000, (i) => ({ name: `v${i}`, emptyDir: {} })) });
    for (const mode of ["sidecar", "csi"]) {
      const metadata = { annotations: { "sluice.io/mode": mode } };
      expect(decidePod({ ...pod, metadata }, plain).verdict).toBe("unchanged");
    }
  });
});
