import fc from "fast-check";
import { applyPatch } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { expect, it } from "vitest";
import { bareDataset, nestedDataset, preparedDataset } from "../support/dataset-zoo.ts";
import { decidePod, optedInCluster } from "../support/decide-pod.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const seed = 20261123;
const poison = "'; touch /tmp/poison; '";
// What every object inherits, what JSON pointers, shells, paths and Kubernetes' expansion take for more than text.
const texts = [
  "constructor",
  "toString",
  "length",
  "__proto__",
  "a/b",
  "a~1b",
  "$(X)",
  "$$",
  poison,
  "--",
  "-n",
  "",
  "\n",
  "..",
  "*",
  "\ud800",
  "view-0",
  "sluice-guard",
  "fluid-fuse-0",
];
const claims = ["data", "constructor", "toString", "nested", "length"];
const cluster = optedInCluster([
  fluidDataset("data"),
  fluidDataset("constructor"),
  bareDataset("toString"),
  nestedDataset("nested", "data"),
  preparedDataset("length"),
]);

const text = fc.constantFrom(...texts);
const marks = fc.dictionary(fc.constantFrom(...texts.filter((key) => key !== "__proto__")), text);
const asked = fc.record(
  {
    "sluice.io/sidecar": fc.constantFrom("native", "classic"),
    "sluice.io/platform": fc.constantFrom("kubernetes", "eci", "vci"),
    "sluice.io/mode": fc.constantFrom("csi", "sidecar"),
    "sluice.io/status": fc.constantFrom('{"clients":{"__proto__":"app","constructor":"--"}}', "[[[["),
    "file-prefetcher.fluid.io/inject": fc.constant("true"),
    "file-prefetcher.fluid.io/file-list": fc.constantFrom(`pvc://data/${poison}`, "pvc://__proto__/../*"),
  },
  { requiredKeys: [] },
);

function containers(volumes: readonly string[], least: number) {
  const mount = fc.record({
    name: fc.constantFrom(...volumes),
    mountPath: fc.oneof(fc.constant("/data"), text),
    subPath: fc.oneof({ weight: 3, arbitrary: fc.constant("") }, text),
  });
  const env = fc.array(fc.record({ name: text, value: text }), { maxLength: 2 });
  const container = fc.record({ name: text, env, volumeMounts: fc.array(mount, { maxLength: 3 }) });
  return fc.array(container, { minLength: least, maxLength: 3 });
}

const pods = fc
  .uniqueArray(fc.record({ name: text, claimName: fc.constantFrom(...claims) }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ name }) => name,
  })
  .chain((volumes) => {
    const names = volumes.map(({ name }) => name);
    return fc.record({
      metadata: fc.record({
        labels: marks,
        annotations: fc.tuple(marks, asked).map((parts) => Object.assign({}, ...parts)),
      }),
      spec: fc.record({
        volumes: fc.constant(
          volumes.map(({ name, claimName }) => ({ name, persistentVolumeClaim: { claimName } })),
        ),
        initContainers: containers(names, 0),
        containers: containers(names, 1),
      }),
    });
  })
  // As it comes from the API server, for some of what is made here has no prototype.
  .map((pod): Pod => JSON.parse(JSON.stringify(pod)));

it(`whatever its parts are called, a pod gets a patch that applies and no script with text of its own (seed ${seed})`, () => {
  const verdicts = new Set<string>();
  fc.assert(
    fc.property(pods, (pod) => {
      const { verdict, edits, pod: decided } = decidePod(deepFreeze(pod), cluster);
      verdicts.add(verdict);
      const operations = edits.map(({ operation }) => operation);
      const patched = applyPatch(structuredClone(pod), structuredClone(operations), true, true, false);
      expect(patched.newDocument).toEqual(decided);
      const all = [...(decided.spec?.initContainers ?? []), ...(decided.spec?.containers ?? [])];
      for (const { command, lifecycle } of all)
        for (const words of [command, lifecycle?.postStart?.exec?.command])
          if (words?.[3]?.startsWith("sluice-")) expect(words[2]).not.toContain("poison");
    }),
    { seed, numRuns: 500 },
  );
  expect([...verdicts].sort()).toEqual(["injected", "rejected", "unchanged"]);
});
