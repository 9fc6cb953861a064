import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { tooLarge } from "../../src/pod/too-large.ts";

type Spec = NonNullable<Pod["spec"]>;

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const containers = (count: number) => many(count, (i) => ({ name: `c${i}` }));
const mounts = (count: number) => many(count, (i) => ({ name: "data", mountPath: `/data/${i}` }));
const volumes = (count: number) => many(count, (i) => ({ name: `v${i}`, emptyDir: {} }));
const values = (count: number) => many(count, (i) => `node-${i}`);
const term = (count: number) => ({ matchExpressions: [{ key: "k", operator: "In", values: values(count) }] });
const longPath = `/${"a".repeat(4_096)}`;
const longName = "a".repeat(254);

function withMount(mount: object): Partial<Spec> {
  return { containers: [{ name: "app", volumeMounts: [{ name: "d", mountPath: "/d", ...mount }] }] };
}

describe("a pod too large to be worked on while others wait", () => {
  it.each<[Partial<Spec>, string]>([
    [{ containers: containers(501) }, "501 containers"],
    [{ initContainers: containers(501) }, "501 containers"],
    [{ containers: [{ name: "app", volumeMounts: mounts(5_001) }] }, "5001 volume mounts"],
    [{ volumes: volumes(5_001) }, "5001 volumes"],
    [
      { nodeSelector: Object.fromEntries(values(5_001).map((key) => [key, ""])) },
      "5001 conditions on its node",
    ],
    [{ tolerations: many(5_001, () => ({ operator: "Exists" })) }, "5001 conditions"],
    [
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term(4_999)] },
          },
        },
      },
      "5001 conditions",
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: many(2_501, () => ({
              weight: 1,
              preference: term(0),
            })),
          },
        },
      },
      "5002 conditions",
    ],
    [withMount({ mountPath: longPath }), "a path over 4096 characters"],
    [withMount({ subPath: longPath }), "a path over 4096 characters"],
    [withMount({ subPathExpr: longPath }), "a path over 4096 characters"],
    [{ containers: [{ name: "app", workingDir: longPath }] }, "a path over 4096 characters"],
    [{ containers: [{ name: longName }] }, "a name over 253 characters"],
    [{ volumes: [{ name: longName }] }, "a name over 253 characters"],
  ])("is refused, and told why (%#)", (spec, words) => {
    expect(tooLarge({ spec: { containers: [], ...spec } })).toEqual([
      { code: "too-large", message: expect.stringContaining(words) },
    ]);
  });

  it("is told all that makes it so", () => {
    const [finding] = tooLarge({ spec: { containers: containers(501), volumes: volumes(5_001) } });
    expect(finding?.message).toMatch(/501 containers .* and 5001 volumes/);
  });

  it("is none that a person would write", () => {
    const spec: Spec = {
      containers: [{ name: "app", volumeMounts: mounts(5_000) }],
      initContainers: containers(499),
      volumes: volumes(5_000),
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term(4_998)] },
        },
      },
    };
    expect(tooLarge({ spec })).toEqual([]);
    expect(tooLarge({})).toEqual([]);
  });
});
