import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/config.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const controllers = { ...defaultConfig.controllers, enabled: true };
const classic = { sidecar: "classic", controllers } as const;
const job = podWith(["data"], { restartPolicy: "Never" });
const view = optedInCluster([fluidDataset("data")]);

const signIn = (pod: Pod) => pod.spec?.volumes?.find((volume) => volume.downwardAPI !== undefined);
const containerIn = (pod: Pod, name: string) =>
  pod.spec?.containers.find((container) => container.name === name);

describe("classic clients of a pod that is to end", () => {
  const { pod, findings } = decidePod(job, view, classic);

  it("watch for the annotation by which a controller ends them, and so does the guard", () => {
    expect(signIn(pod)).toEqual({
      name: "sluice-end",
      downwardAPI: {
        items: [
          {
            path: "names",
            fieldRef: { apiVersion: "v1", fieldPath: "metadata.annotations['sluice.io/end']" },
          },
        ],
      },
    });
    for (const name of ["fluid-fuse-0", "sluice-guard"]) {
      const container = containerIn(pod, name);
      expect(container?.volumeMounts).toContainEqual({
        name: "sluice-end",
        mountPath: "/sluice/end",
        readOnly: true,
      });
      expect(container?.env).toContainEqual({ name: "SLUICE_END_FILE", value: "/sluice/end/names" });
      expect(container?.env).toContainEqual({ name: "SLUICE_CONTAINER", value: name });
    }
    expect(JSON.stringify(containerIn(pod, "app"))).not.toContain("sluice-end");
    expect(pod.metadata?.labels?.["sluice.io/needs-controllers"]).toBe("true");
    expect(findings.map(({ code }) => code)).toContain("ended-by-controller");
    expect(findings.map(({ code }) => code)).not.toContain("never-ends");
  });

  it("are left as they are at a second call", () => {
    expect(decidePod(pod, view, classic).edits).toEqual([]);
  });

  it("find another name where a volume of the user's has theirs", () => {
    const volumes = [...(job.spec?.volumes ?? []), { name: "sluice-end", emptyDir: {} }];
    const other = decidePod({ ...job, spec: { ...job.spec, volumes } }, view, classic).pod;
    expect(signIn(other)?.name).toBe("sluice-end-2");
    expect(containerIn(other, "fluid-fuse-0")?.volumeMounts?.map(({ name }) => name)).toContain(
      "sluice-end-2",
    );
  });
});

describe("no sign is given", () => {
  it.each([
    ["to a pod that is started again for ever", podWith(["data"]), classic, []],
    ["to native sidecars, which end by themselves", job, { ...classic, sidecar: "native" as const }, []],
    [
      "where no controllers run, and the pod's maker is warned",
      job,
      { sidecar: "classic" as const },
      ["never-ends"],
    ],
  ])("%s", (_words, pod, config, codes) => {
    const decision = decidePod(pod, view, config);
    expect([decision.verdict, signIn(decision.pod)]).toEqual(["injected", undefined]);
    expect(decision.pod.metadata?.labels).not.toHaveProperty(["sluice.io/needs-controllers"]);
    expect(codesOf(decision).filter((code) => ["never-ends", "ended-by-controller"].includes(code))).toEqual(
      codes,
    );
  });
});

it("warns of a client that runs by its image's entrypoint, which nothing can end", () => {
  const made = fluidDataset("data");
  const template = made.daemonSet.template;
  const containers = template.containers.map(({ command: _, ...container }) => container);
  const bare = { ...made, daemonSet: { ...made.daemonSet, template: { ...template, containers } } };
  const decision = decidePod(job, optedInCluster([bare]), classic);
  const told = decision.findings.find(({ code }) => code === "never-ends");
  expect(told?.message).toContain("fluid-fuse-0, which runs by its image's entrypoint");
});

describe("the annotation of an earlier pod, by which its clients would end at once,", () => {
  const withSign = (pod: Pod): Pod => ({
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata?.annotations, "sluice.io/end": "fluid-fuse-0" },
    },
  });

  it.each([
    ["a pod's own manifest", job],
    ["a copy of what a served pod became", decidePod(job, view, classic).pod],
  ])("is taken from %s", (_words, pod) => {
    const decision = decidePod(withSign(pod), view, classic);
    expect(decision.verdict).toBe("injected");
    expect(decision.pod.metadata?.annotations).not.toHaveProperty(["sluice.io/end"]);
  });
});
