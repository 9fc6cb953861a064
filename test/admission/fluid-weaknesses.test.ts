import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/admission/decision.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { reasonInfo } from "../../src/types/reason.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { furtherClaim, nestedDataset, withClient, writableDataset } from "../support/dataset-zoo.ts";
import { codesOf, decidePod, podWith } from "../support/decide-pod.ts";
import { type FluidDataset, type FluidType, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { annotated, referenceTo } from "../support/reference-dataset.ts";

const serverless = { "serverless.fluid.io/inject": "true" };
const serverful = { "fuse.serverful.fluid.io/inject": "true" };

type Labels = Readonly<Record<string, string>>;

function decideFor(
  claims: readonly string[],
  datasets: readonly FluidDataset[],
  labels: Labels = serverless,
  spec: Partial<NonNullable<Pod["spec"]>> = {},
): Decision {
  return decidePod(labelled(podWith(claims, spec), labels), clusterOf(objectsOf(...datasets)));
}

function labelled(pod: Pod, labels: Labels): Pod {
  return { ...pod, metadata: { ...pod.metadata, labels } };
}

function containersOf({ pod }: Decision): Container[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
}

function clientsOf(decision: Decision): Container[] {
  return containersOf(decision).filter(({ name }) => /^fluid-fuse-\d+$/.test(name));
}

function requiredTerms({ pod }: Decision) {
  return pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
}

function preferredKeys({ pod }: Decision): (string | undefined)[] {
  const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.map((term) => term.preference?.matchExpressions?.[0]?.key);
}

/** The weaknesses of Fluid's webhook by the numbers of docs/from-fluid.md, as far as one decision shows them. */
describe("where Fluid's webhook is weak", () => {
  it("changes nothing of what the pod's user wrote, whatever Kubernetes it is from (W2)", () => {
    const newer: object = {
      resources: { limits: { cpu: "8" } },
      resourceClaims: [{ name: "gpu", resourceClaimName: "gpu-0" }],
      fieldOfTomorrow: { a: [1, null, { b: "c" }] },
      containers: [
        {
          name: "app",
          volumeMounts: [{ name: "data", mountPath: "/data" }],
          securityContext: { appArmorProfile: { type: "RuntimeDefault" } },
          lifecycle: { stopSignal: "SIGUSR1" },
          restartPolicyRules: [{ action: "Restart" }],
        },
      ],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: "data" } },
        { name: "models", image: { reference: "models:1", pullPolicy: "Always" } },
      ],
    };
    const pod = labelled({ ...podWith(["data"]), spec: { containers: [], ...newer } }, serverless);
    const decision = decidePod(pod, clusterOf(objectsOf(fluidDataset("data"))));
    expect(decision.verdict).toBe("injected");
    const spec: Record<string, unknown> = { ...decision.pod.spec };
    for (const key of ["resources", "resourceClaims", "fieldOfTomorrow"])
      expect(spec[key]).toBe(Object.entries(newer).find(([name]) => name === key)?.[1]);
    const [app] = decision.pod.spec?.containers ?? [];
    expect(app).toMatchObject({
      securityContext: { appArmorProfile: { type: "RuntimeDefault" } },
      lifecycle: { stopSignal: "SIGUSR1" },
      restartPolicyRules: [{ action: "Restart" }],
    });
    expect(decision.pod.spec?.volumes?.[1]).toBe(pod.spec?.volumes?.[1]);
  });

  it("ends on datasets that are sources of each other, and names them (W3)", () => {
    const loop = [nestedDataset("a", "b"), nestedDataset("b", "a")];
    const decision = decideFor(["a"], loop);
    expect(decision.verdict).toBe("rejected");
    expect(decision.findings[0]).toMatchObject({ code: "dataset-loop" });
    expect(decision.findings[0]?.message).toContain("a -> b -> a");
  });

  it.each([serverless, serverful])("has nothing left to do when it is called again (W4): %j", (labels) => {
    const datasets = [fluidDataset("data"), fluidDataset("more", "alluxio")];
    const once = decideFor(["data", "more"], datasets, labels);
    expect(once.edits).not.toEqual([]);
    expect(decidePod(once.pod, clusterOf(objectsOf(...datasets))).edits).toEqual([]);
  });

  it("shows init containers their data, or refuses the pod (W5)", () => {
    const initContainers = [{ name: "prepare", volumeMounts: [{ name: "data", mountPath: "/data" }] }];
    const decision = decideFor(["data"], [fluidDataset("data")], serverless, { initContainers });
    const names = decision.pod.spec?.initContainers?.map(({ name }) => name);
    expect(names).toEqual(["sluice-guard", "fluid-fuse-0", "prepare"]);
    const classic = labelled(podWith(["data"], { initContainers }), serverless);
    const cluster = clusterOf(objectsOf(fluidDataset("data")));
    const refused = decidePod(classic, cluster, { sidecar: "classic" });
    expect(codesOf(refused)[0]).toBe("init-container-needs-native");
  });

  it.each<[string, FluidDataset, Partial<Volume>]>([
    [
      "the pod's volume",
      writableDataset("data"),
      { persistentVolumeClaim: { claimName: "data", readOnly: true } },
    ],
    ["the claim", fluidDataset("data"), {}],
  ])("keeps read-only what %s has so (W6)", (_, dataset, volume) => {
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" }, ...volume }];
    const [client] = clientsOf(decideFor(["data"], [dataset], serverless, { volumes }));
    const command = client?.command ?? [];
    expect(command.slice(5, 8)).toEqual(["/sluice/views/data/view-0", ".", "ro"]);
  });

  it("gives every container a name of its own, native and nested (W9)", () => {
    const datasets = [fluidDataset("inner"), nestedDataset("outer", "inner")];
    const own = { name: "fluid-fuse-1", restartPolicy: "Always" };
    const decision = decideFor(["outer"], datasets, serverless, { initContainers: [own] });
    const names = containersOf(decision).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(clientsOf(decision)).toHaveLength(3);
  });

  it.each<FluidType>(["alluxio", "jindo", "juicefs", "thin", "efc", "goosefs", "vineyard", "cache"])(
    "serves or refuses every runtime by name, and admits none without its data (W10): %s",
    (type) => {
      const decision = decideFor(["data"], [fluidDataset("data", type)]);
      if (decision.verdict === "rejected") expect(decision.findings[0]?.message).toContain(type);
      else expect(clientsOf(decision)).toHaveLength(1);
    },
  );

  it("refuses a runtime that nobody knows, by its name (W10)", () => {
    const made = fluidDataset("data");
    const runtimes = [{ name: "data", namespace: "default", type: "moon" }];
    const decision = decideFor(["data"], [{ ...made, dataset: { ...made.dataset, runtimes } }]);
    expect(decision.findings[0]).toMatchObject({ code: "runtime-not-supported" });
    expect(decision.findings[0]?.message).toContain("moon");
  });

  it("requires the localities of several datasets at once (W11)", () => {
    const labels = {
      ...serverful,
      "fluid.io/dataset.a.sched": "required",
      "fluid.io/dataset.b.sched": "required",
    };
    const decision = decideFor(["a", "b"], [fluidDataset("a"), fluidDataset("b", "alluxio")], labels);
    const [term, ...others] = requiredTerms(decision) ?? [];
    expect(others).toEqual([]);
    expect(term?.matchExpressions?.map(({ key }) => key)).toEqual([
      "fluid.io/s-default-a",
      "fluid.io/s-default-b",
    ]);
  });

  it("requires nodes that can mount all of the pod's datasets (W12)", () => {
    const selecting = (name: string, key: string): FluidDataset => {
      const made = fluidDataset(name);
      return { ...made, runtime: { ...made.runtime, clientNodeSelector: { [key]: "true" } } };
    };
    const decision = decideFor(["a", "b"], [selecting("a", "ssd"), selecting("b", "gpu")], serverful);
    const [term, ...others] = requiredTerms(decision) ?? [];
    expect(others).toEqual([]);
    expect(term?.matchExpressions?.map(({ key }) => key).sort()).toEqual(["gpu", "ssd"]);
  });

  it("never takes another namespace's volume for one of the same name (W13)", () => {
    // Fluid calls both volumes a-b-c: Dataset c in namespace a-b, and Dataset b-c in namespace a.
    const ours = fluidDataset("b-c", "juicefs", "a");
    const theirs = fluidDataset("c", "juicefs", "a-b");
    const cluster = clusterOf(objectsOf(ours, theirs));
    const pod = { ...labelled(podWith(["b-c"]), serverless) };
    const decision = decidePod(
      { ...pod, metadata: { ...pod.metadata, namespace: "a" } },
      cluster,
      {},
      { namespace: "a" },
    );
    expect(decision.findings[0]).toMatchObject({ code: "volume-of-other-claim" });
  });

  it("lets a namespace refer only to what its owner permits, where the owner says so (W13)", () => {
    const owner = annotated(fluidDataset("data"), { "sluice.io/referable-from": "trusted" });
    const ask = (namespace: string, labels: Readonly<Record<string, string>>) => {
      const cluster = clusterOf(objectsOf(owner, referenceTo(owner, "ref", namespace)));
      const pod = labelled(podWith(["ref"]), labels);
      return decidePod({ ...pod, metadata: { ...pod.metadata, namespace } }, cluster, {}, { namespace });
    };
    for (const labels of [serverless, serverful]) {
      const refused = ask("foreign", labels);
      expect(refused.verdict).toBe("rejected");
      expect(codesOf(refused)).toContain("reference-not-permitted");
      expect(codesOf(ask("trusted", labels))).not.toContain("reference-not-permitted");
    }
  });

  it("names volumes validly, each once, and every mount finds its own (W14)", () => {
    const names = ["mem", "data", "x", "x-0", "a".repeat(63)];
    const dataset = withClient(
      fluidDataset("data"),
      (container) => ({
        ...container,
        volumeMounts: [
          ...(container.volumeMounts ?? []),
          ...names.map((name) => ({ name, mountPath: `/of/${name}` })),
        ],
      }),
      names.map((name) => ({ name, secret: { secretName: name } })),
    );
    const own = ["mem-0", "data-0", "x-0-0"].map((name) => ({ name, emptyDir: {} }));
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }, ...own];
    const decision = decideFor(["data"], [dataset], serverless, { volumes });
    const all = decision.pod.spec?.volumes ?? [];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name } of all) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    const [client] = clientsOf(decision);
    for (const name of names) {
      const mount = client?.volumeMounts?.find(({ mountPath }) => mountPath === `/of/${name}`);
      expect(all.find((volume) => volume.name === mount?.name)?.secret?.secretName).toBe(name);
    }
  });

  it("hands paths over as words, never as shell text, and no token of the pod (W16)", () => {
    const evil = '$(reboot); rm -rf "/" \'`x`';
    const made = fluidDataset("data");
    const attributes = { ...made.persistentVolume.csi?.attributes, fluid_sub_path: evil };
    const csi = { driver: "fuse.csi.fluid.io", attributes };
    const dataset = { ...made, persistentVolume: { ...made.persistentVolume, csi } };
    const decision = decideFor(["data"], [dataset]);
    const plain = decideFor(["data"], [made]);
    const [client] = clientsOf(decision);
    // As one word, a dollar sign doubled for Kubernetes; the script itself is the same as ever.
    expect(client?.command?.[6]).toBe(evil.replaceAll("$", "$$$$"));
    expect(client?.command?.[2]).toBe(clientsOf(plain)[0]?.command?.[2]);
    for (const container of containersOf(decision).filter(({ name }) => name !== "app"))
      expect(container.volumeMounts?.map(({ mountPath }) => mountPath)).toContain(
        "/var/run/secrets/kubernetes.io/serviceaccount",
      );
  });

  it.each<[string, Labels]>([
    ["prefers", {}],
    ["requires", { "fluid.io/dataset.thin.sched": "required" }],
  ])("%s no label that no node ever gets (W17)", (_, more) => {
    const decision = decideFor(["thin"], [fluidDataset("thin", "thin")], { ...serverful, ...more });
    expect(preferredKeys(decision)).toEqual([]);
    expect(requiredTerms(decision)).toBeUndefined();
    expect(codesOf(decision)).toContain(
      more["fluid.io/dataset.thin.sched"] === undefined ? "cache-not-steered" : "cache-not-required",
    );
  });

  it("leads the pods of a reference dataset to the cache of the one it refers to (W17)", () => {
    const physical = fluidDataset("data", "alluxio");
    const reference = referenceTo(physical, "ref", "team");
    const pod = labelled(podWith(["ref"]), serverful);
    const cluster = clusterOf(objectsOf(physical, reference));
    const inTeam = { ...pod, metadata: { ...pod.metadata, namespace: "team" } };
    const decision = decidePod(inTeam, cluster, {}, { namespace: "team" });
    expect(preferredKeys(decision)).toEqual(["fluid.io/s-default-data"]);
  });

  it("tells why a pod was changed, or was not, in words that end in a remedy (W19)", () => {
    const without = decidePod(podWith(["data"]), clusterOf(objectsOf(fluidDataset("data"))));
    expect(without).toMatchObject({ verdict: "unchanged", findings: [{ code: "not-opted-in" }] });
    expect(without.findings[0]?.message).toContain("label the namespace sluice.io/injection=enabled");
    for (const claims of [["data"], ["lost"]]) {
      const decision = decideFor(claims, [fluidDataset("data")]);
      expect(decision.findings.length).toBeGreaterThan(0);
      for (const { code, message } of decision.findings) {
        expect(reasonInfo(code).meaning).not.toBe("");
        expect(message).not.toBe("");
      }
    }
  });

  it("lets no two pods meet at one path on the node, nor two claims of a dataset (W21)", () => {
    const dataset = fluidDataset("data");
    const claims = [...objectsOf(dataset).claims, furtherClaim("again", dataset)];
    const pod = labelled(podWith(["data", "again"]), serverless);
    const decision = decidePod(pod, clusterOf({ ...objectsOf(dataset), claims }));
    expect(clientsOf(decision)).toHaveLength(1);
    const hostPaths = decision.pod.spec?.volumes?.filter(({ hostPath }) => hostPath !== undefined);
    expect(hostPaths).toEqual([]);
  });

  it("knows caches by what they are, not by how their names begin (W22)", () => {
    const volumes: Volume[] = [
      { name: "memcached-config", configMap: { name: "memcached" } },
      { name: "ssd-keys", secret: { secretName: "keys" } },
      { name: "mem", hostPath: { path: "/dev/shm", type: "DirectoryOrCreate" } },
    ];
    const dataset = withClient(
      fluidDataset("data", "alluxio"),
      (container) => ({
        ...container,
        volumeMounts: [
          ...(container.volumeMounts ?? []),
          ...volumes.map(({ name }) => ({ name, mountPath: `/of/${name}` })),
        ],
      }),
      volumes,
    );
    const paths = clientsOf(decideFor(["data"], [dataset]))[0]?.volumeMounts?.map((mount) => mount.mountPath);
    expect(paths).toContain("/of/memcached-config");
    expect(paths).toContain("/of/ssd-keys");
    expect(paths).not.toContain("/of/mem");
  });

  it("decides alike in whatever order the cluster tells of itself (W26)", () => {
    const datasets = ["c", "a", "b"].map((name) => fluidDataset(name, name === "a" ? "alluxio" : "juicefs"));
    const claims = ["b", "c", "a"];
    for (const labels of [serverless, serverful]) {
      const one = decideFor(claims, datasets, labels);
      const other = decideFor(claims, [...datasets].reverse(), labels);
      expect(JSON.stringify(other.edits)).toBe(JSON.stringify(one.edits));
      expect(one.edits.length).toBeGreaterThan(0);
    }
  });

  it("asks a cluster of many datasets no more than one of a few, and no dataset twice (W27)", () => {
    const asked = (count: number) => {
      const datasets = Array.from({ length: count }, (_, index) => fluidDataset(`data-${index}`));
      const calls: string[] = [];
      const view = counting(clusterOf(objectsOf(...datasets)), calls);
      const decision = decidePod(labelled(podWith(["data-3", "data-7"]), serverless), view);
      expect(decision.verdict).toBe("injected");
      return calls;
    };
    const few = asked(10);
    expect(asked(1_000)).toEqual(few);
    const claims = few.filter((call) => call.startsWith("claim("));
    expect(new Set(claims).size).toBe(claims.length);
  });
});

/** The view, with a note of every call that is made of it. */
function counting(view: ClusterView, calls: string[]): ClusterView {
  return new Proxy(view, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push(`${String(name)}(${args.join(", ")})`);
        return value.apply(target, args);
      };
    },
  });
}
