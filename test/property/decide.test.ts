import { posix } from "node:path";
import fc from "fast-check";
import { applyPatch } from "fast-json-patch";
import { Pod as PodModel } from "kubernetes-models/v1/Pod";
import type { Container, Pod, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/admission/conclude.ts";
import type { Decision } from "../../src/admission/decision.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { patchOf } from "../../src/types/edit.ts";
import { fillIn } from "../support/api-server-model.ts";
import { arbitraryHalfMadeCluster, completeCluster, datasetClaims } from "../support/arbitrary-cluster.ts";
import { arbitraryPod, arbitraryServablePod } from "../support/arbitrary-pod.ts";
import { codesOf, decidePod } from "../support/decide-pod.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import {
  nameProblems,
  orderProblems,
  startOrder,
  unchangeable,
  viewOf,
  volumesOfClaims,
} from "../support/pod-facts.ts";

const seed = 20261122;
const cluster = completeCluster();
const anyCluster = fc.oneof(fc.constant(cluster), arbitraryHalfMadeCluster);

/** A failure prints the seed and the path of its smallest example, by which it runs again. */
const settings = (numRuns: number) => ({ seed, numRuns });

/** The decision about a pod that can be served; pods that are refused or left alone are not looked at. */
function inject(pod: Pod, view: ClusterView = cluster): Decision {
  const decision = decidePod(pod, view);
  fc.pre(decision.verdict === "injected");
  return decision;
}

function namesOf(pod: Pod): Set<string> {
  return new Set(startOrder(pod).map((container) => container.name));
}

describe(`any pod over any cluster (seed ${seed})`, () => {
  it("is never changed itself, and gets a patch that applies and gives the decision's pod", () => {
    fc.assert(
      fc.property(arbitraryPod(), anyCluster, (pod, view) => {
        const before = JSON.stringify(pod);
        const decision = decidePod(deepFreeze(pod), view);
        expect(JSON.stringify(pod)).toBe(before);
        const patched = applyPatch(
          structuredClone(pod),
          structuredClone(patchOf(decision.edits)),
          true,
        ).newDocument;
        expect(patched).toEqual(decision.pod);
      }),
      settings(300),
    );
  });

  it("is decided the same way every time, to the byte", () => {
    fc.assert(
      fc.property(arbitraryPod(), anyCluster, (pod, view) => {
        const first = decidePod(pod, view);
        const second = decidePod(structuredClone(pod), view);
        expect(JSON.stringify(second)).toBe(JSON.stringify(first));
      }),
      settings(200),
    );
  });

  it("is refused for a reason that is a refusal, and changed only when it is not refused", () => {
    fc.assert(
      fc.property(arbitraryPod(), anyCluster, (pod, view) => {
        const decision = decidePod(pod, view);
        expect(decision.findings).not.toHaveLength(0);
        expect(decision.findings.some(isRefusal)).toBe(decision.verdict === "rejected");
        expect(decision.edits.length > 0).toBe(decision.verdict === "injected");
        if (decision.edits.length === 0) expect(decision.pod).toBe(pod);
      }),
      settings(300),
    );
  });

  it("is left alone when none of its volumes is a dataset", () => {
    fc.assert(
      fc.property(arbitraryPod(fc.constant("plain")), (pod) => {
        const decision = decidePod(pod, cluster);
        expect(decision.verdict).toBe("unchanged");
        expect(codesOf(decision)).toEqual(["no-dataset"]);
      }),
      settings(100),
    );
  });
});

describe(`a pod that can be served (seed ${seed})`, () => {
  it("is mostly injected, so that the properties below are not empty", () => {
    const verdicts = fc
      .sample(arbitraryServablePod, settings(200))
      .map((pod) => decidePod(pod, cluster).verdict);
    expect(verdicts.filter((verdict) => verdict === "injected").length).toBeGreaterThan(80);
  });

  it("is valid after the injection, its names unique, its mounts of volumes that are there", () => {
    fc.assert(
      fc.property(arbitraryServablePod, (pod) => {
        const { pod: injected } = inject(pod);
        new PodModel(JSON.parse(JSON.stringify(injected))).validate();
        expect(nameProblems(injected)).toEqual([]);
      }),
      settings(200),
    );
  });

  it("has every client behind the guard and before its consumers", () => {
    fc.assert(
      fc.property(arbitraryServablePod, (pod) => {
        expect(orderProblems(inject(pod).pod)).toEqual([]);
      }),
      settings(200),
    );
  });

  it("keeps its containers, but for the declared parts of the mounts of datasets", () => {
    fc.assert(
      fc.property(arbitraryServablePod, (pod) => {
        const { pod: injected } = inject(pod);
        const volumes = volumesOfClaims(pod, datasetClaims);
        const names = namesOf(pod);
        const kept = (list: readonly Container[] = []) =>
          unchangeable(
            list.filter((container) => names.has(container.name)),
            volumes,
          );
        expect(kept(injected.spec?.containers)).toEqual(unchangeable(pod.spec?.containers ?? [], volumes));
        expect(kept(injected.spec?.initContainers)).toEqual(
          unchangeable(pod.spec?.initContainers ?? [], volumes),
        );
      }),
      settings(200),
    );
  });

  it("sees at each mount what it asked for, and can write no more than the claim grants", () => {
    fc.assert(fc.property(arbitraryServablePod, expectReach), settings(200));
  });
});

/** Where in its client's mount a claim's dataset begins, if not at its root. */
const roots = new Map([
  ["sub", "inner/part"],
  ["part", "inner"],
  ["objects", "vineyard-fuse"],
]);

function expectReach(pod: Pod): void {
  const { pod: injected } = inject(pod);
  for (const container of startOrder(pod)) {
    const after = startOrder(injected).find(({ name }) => name === container.name);
    container.volumeMounts?.forEach((mount, index) => {
      const source = pod.spec?.volumes?.find((volume) => volume.name === mount.name)?.persistentVolumeClaim;
      const shown = after?.volumeMounts?.[index];
      if (source === undefined || source.claimName === "plain" || shown === undefined) return;
      const view = viewOf(injected, shown);
      const grantsReadingOnly = !["data", "bare", "sub"].includes(source.claimName);
      const readOnly = grantsReadingOnly || source.readOnly === true || mount.readOnly === true;
      expect(view?.readOnly).toBe(readOnly);
      if (mount.subPathExpr !== undefined) return;
      const root = roots.get(source.claimName) ?? ".";
      const asked = posix.join(root, (mount.subPath ?? "").replaceAll("$", "$$$$"));
      expect(view?.source).toBe(asked.replace(/(.)\/$/, "$1"));
    });
  }
}

describe(`a pod that comes back (seed ${seed})`, () => {
  it("is not changed a second time", () => {
    fc.assert(
      fc.property(arbitraryServablePod, (pod) => {
        expect(patchOf(decidePod(inject(pod).pod, cluster).edits)).toEqual([]);
      }),
      settings(200),
    );
  });

  it("is not changed a second time, either, when the API server has filled it in before and between", () => {
    fc.assert(
      fc.property(arbitraryServablePod, fc.boolean(), (pod, filled) => {
        const between = fillIn(inject(filled ? fillIn(pod) : pod).pod);
        const again = decidePod(deepFreeze(between), cluster);
        expect(patchOf(again.edits)).toEqual([]);
        expect(nameProblems(between)).toEqual([]);
      }),
      settings(200),
    );
  });

  it("serves containers that came between, and is not changed a third time", () => {
    fc.assert(
      fc.property(arbitraryServablePod, latecomers, (pod, late) => {
        const between = addLate(pod, fillIn(inject(fillIn(pod)).pod), late);
        const second = decidePod(deepFreeze(between), cluster);
        expect(second.verdict).toBe("injected");
        for (const { name } of late.containers) {
          const served = startOrder(second.pod).find((container) => container.name === name)
            ?.volumeMounts?.[0];
          expect(served === undefined ? undefined : viewOf(second.pod, served)).toBeDefined();
          expect(served?.mountPropagation).toBe("HostToContainer");
        }
        const names = late.containers.map((container) => container.name);
        expect(namesIn(second.pod, names)).toEqual(namesIn(between, names));
        expect(nameProblems(second.pod)).toEqual([]);
        expect(orderProblems(second.pod)).toEqual([]);
        expect(patchOf(decidePod(fillIn(second.pod), cluster).edits)).toEqual([]);
      }),
      settings(300),
    );
  });
});

interface Latecomers {
  readonly list: "initContainers" | "containers";
  readonly front: boolean;
  readonly containers: readonly { readonly name: string; readonly mount: Partial<VolumeMount> }[];
  readonly claim: string | undefined;
}

const lateMount = fc.constantFrom<Partial<VolumeMount>>(
  {},
  { subPath: "late" },
  { readOnly: true },
  { subPath: "a" },
);
const latecomers: fc.Arbitrary<Latecomers> = fc.record({
  list: fc.constantFrom("initContainers" as const, "containers" as const),
  front: fc.boolean(),
  containers: fc
    .array(lateMount, { minLength: 1, maxLength: 2 })
    .map((mounts) => mounts.map((mount, index) => ({ name: `late-${index}`, mount }))),
  claim: fc.option(fc.constantFrom(...datasetClaims), { nil: undefined }),
});

/** Adds containers that mount a volume which is served already, or a further claim's; not where it would be refused. */
function addLate(before: Pod, injected: Pod, { list, front, claim, containers }: Latecomers): Pod {
  const name = claim === undefined ? servedVolumeOf(before, injected) : "late-volume";
  const native = injected.spec?.initContainers?.some((container) =>
    container.name.startsWith("sluice-guard"),
  );
  fc.pre(name !== undefined && (native || list === "containers"));
  const late = containers.map(
    ({ name: container, mount }): Container => ({
      name: container,
      image: "late:1",
      volumeMounts: [{ name: name ?? "", mountPath: "/late", ...mount }],
    }),
  );
  const there = injected.spec?.[list] ?? [];
  const volumes = injected.spec?.volumes ?? [];
  const added = { name: "late-volume", persistentVolumeClaim: { claimName: claim ?? "" } };
  return {
    ...injected,
    spec: {
      containers: [],
      ...injected.spec,
      [list]: front ? [...late, ...there] : [...there, ...late],
      volumes: claim === undefined ? volumes : [...volumes, added],
    },
  };
}

function namesIn(pod: Pod, names: readonly string[]): string[] {
  return startOrder(pod).flatMap(({ name }) => (names.includes(name) ? [name] : []));
}

/** A volume of the pod that a client serves now. */
function servedVolumeOf(pod: Pod, injected: Pod): string | undefined {
  const mounts = startOrder(injected).flatMap((container) => container.volumeMounts ?? []);
  return [...volumesOfClaims(pod, datasetClaims)].find((volume) =>
    mounts.some((mount) => mount.name === volume && viewOf(injected, mount) !== undefined),
  );
}

describe(`anything that is no pod (seed ${seed})`, () => {
  it("never crashes a decision", () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyCluster, (object, view) => {
        expect(["unchanged", "rejected"]).toContain(decidePod(object, view).verdict);
      }),
      settings(300),
    );
  });

  it("never crashes a decision in any field of a pod", () => {
    fc.assert(
      fc.property(arbitraryPod(), fc.array(fc.tuple(fc.nat(), garbage), { maxLength: 3 }), (pod, wounds) => {
        const hurt = structuredClone(pod);
        for (const [at, value] of wounds) replaceSomewhere(hurt, at, structuredClone(value));
        expect(["injected", "unchanged", "rejected"]).toContain(decidePod(deepFreeze(hurt), cluster).verdict);
      }),
      settings(300),
    );
  });
});

const garbage = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, "", "__proto__", "..", "/", true, [], {}, [null], { name: null }),
  fc.constantFrom<unknown>("x".repeat(300), "$(", "\u0000", { __proto__: null, constructor: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Replaces the value at one of all places of a JSON value. */
function replaceSomewhere(root: unknown, at: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push([node as Record<string, unknown>, key]);
      visit(child);
    }
  };
  visit(root);
  const place = places[at % Math.max(1, places.length)];
  if (place !== undefined) place[0][place[1]] = value;
}
