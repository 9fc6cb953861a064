import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPod } from "../../src/admission/read-pod.ts";

const container = { name: "app" };
const spec = (parts: object) => ({ metadata: {}, spec: { containers: [container], ...parts } });
const app = (parts: object) => spec({ containers: [container, { name: "b", ...parts }] });

describe("readPod", () => {
  it("gives the very object", () => {
    const pod = spec({ somethingNew: [1, null] });
    expect(readPod(pod)).toEqual({ pod });
    expect(Reflect.get(readPod(pod), "pod")).toBe(pod);
  });

  it.each([
    { object: undefined, problem: "the pod must be an object, and is missing" },
    { object: [], problem: "the pod must be an object, not a list" },
    { object: "pod", problem: "the pod must be an object, not a string" },
    { object: {}, problem: "metadata must be an object, and is missing" },
    { object: { metadata: {} }, problem: "spec must be an object, and is missing" },
    { object: { metadata: {}, spec: {} }, problem: "spec.containers must be a list, and is missing" },
    {
      object: { metadata: {}, spec: { containers: null } },
      problem: "spec.containers must be a list, not null",
    },
    { object: spec({ containers: {} }), problem: "spec.containers must be a list, not an object" },
    { object: spec({ containers: ["a"] }), problem: "spec.containers[0] must be an object, not a string" },
    {
      object: spec({ initContainers: [{}] }),
      problem: "spec.initContainers[0].name must be a string, and is missing",
    },
    {
      object: { metadata: { labels: [] }, spec: {} },
      problem: "metadata.labels must be an object, not a list",
    },
    {
      object: { metadata: { labels: { a: true } }, spec: {} },
      problem: 'metadata.labels["a"] must be a string, not a boolean',
    },
    {
      object: { metadata: { annotations: { "a.b/c": 1 } }, spec: {} },
      problem: 'metadata.annotations["a.b/c"] must be a string, not a number',
    },
    {
      object: { metadata: { namespace: 1 }, spec: {} },
      problem: "metadata.namespace must be a string, not a number",
    },
    { object: spec({ volumes: {} }), problem: "spec.volumes must be a list, not an object" },
    { object: spec({ volumes: [{}] }), problem: "spec.volumes[0].name must be a string, and is missing" },
    {
      object: spec({ volumes: [{ name: "a", persistentVolumeClaim: { claimName: 1 } }] }),
      problem: "spec.volumes[0].persistentVolumeClaim.claimName must be a string, not a number",
    },
    {
      object: spec({ volumes: [{ name: "a", ephemeral: { volumeClaimTemplate: { spec: [] } } }] }),
      problem: "spec.volumes[0].ephemeral.volumeClaimTemplate.spec must be an object, not a list",
    },
    {
      object: app({ volumeMounts: {} }),
      problem: "spec.containers[1].volumeMounts must be a list, not an object",
    },
    {
      object: app({ volumeMounts: [{ name: "a" }] }),
      problem: "spec.containers[1].volumeMounts[0].mountPath must be a string, and is missing",
    },
    {
      object: app({ volumeMounts: [{ name: "a", mountPath: "/a", readOnly: "yes" }] }),
      problem: "spec.containers[1].volumeMounts[0].readOnly must be true or false, not a string",
    },
    {
      object: spec({ topologySpreadConstraints: [null] }),
      problem: "spec.topologySpreadConstraints[0] must be an object, not null",
    },
    {
      object: spec({ dnsConfig: { searches: "a" } }),
      problem: "spec.dnsConfig.searches must be a list, not a string",
    },
    {
      object: spec({ volumes: [{ name: "a", downwardAPI: { items: {} } }] }),
      problem: "spec.volumes[0].downwardAPI.items must be a list, not an object",
    },
    {
      object: app({ securityContext: { capabilities: { add: [1] } } }),
      problem: "spec.containers[1].securityContext.capabilities.add[0] must be a string, not a number",
    },
    { object: app({ command: "sh" }), problem: "spec.containers[1].command must be a list, not a string" },
    { object: app({ env: { A: "b" } }), problem: "spec.containers[1].env must be a list, not an object" },
    {
      object: app({ env: [{ name: "A", value: 1 }] }),
      problem: "spec.containers[1].env[0].value must be a string, not a number",
    },
    {
      object: app({ resources: { limits: { cpu: {} } } }),
      problem: 'spec.containers[1].resources.limits["cpu"] must be a quantity, not an object',
    },
    {
      object: spec({ nodeSelector: { a: 1 } }),
      problem: 'spec.nodeSelector["a"] must be a string, not a number',
    },
    { object: spec({ tolerations: {} }), problem: "spec.tolerations must be a list, not an object" },
    {
      object: spec({ imagePullSecrets: ["a"] }),
      problem: "spec.imagePullSecrets[0] must be an object, not a string",
    },
    {
      object: spec({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "a" }] }],
            },
          },
        },
      }),
      problem:
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator must be a string, and is missing",
    },
    { object: spec({ hostUsers: "no" }), problem: "spec.hostUsers must be true or false, not a string" },
  ])("$problem", ({ object, problem }) => {
    expect(readPod(object)).toEqual({ problem });
  });

  it("never throws and never changes anything", () => {
    const parts = fc.dictionary(
      fc.constantFrom("containers", "volumes", "affinity", "initContainers"),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.jsonValue(), parts, (metadata, spec) => {
        const object = { metadata, spec };
        const before = JSON.stringify(object);
        readPod(object);
        expect(JSON.stringify(object)).toBe(before);
      }),
    );
  });
});

const recorded = new URL("../../../shared/cases/fluid/cases/", import.meta.url).pathname;
const cases = casesIn(recorded);
it.skipIf(cases.length === 0)("reads every pod that a real API server sent", () => {
  for (const file of cases) {
    const { request } = JSON.parse(readFileSync(file, "utf8"));
    if (request.kind.kind !== "Pod" || request.operation !== "CREATE") continue;
    expect(readPod(request.object), file).toHaveProperty("pod");
  }
});

function casesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((file) => /request(-\d)?\.json$/.test(file))
      .map((file) => join(directory, file));
  } catch {
    return [];
  }
}
