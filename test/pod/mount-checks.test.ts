import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const cluster = optedInCluster([fluidDataset("data"), fluidDataset("thin", "thin")]);

function asking(pod: Pod, label = "true"): Pod {
  return { ...pod, metadata: { ...pod.metadata, labels: { "app.poststart.fluid.io/inject": label } } };
}

function hookOf(container: Container | undefined): readonly string[] | undefined {
  return container?.lifecycle?.postStart?.exec?.command?.slice(3);
}

const check = ["sluice-check", "10"];

describe("app.poststart.fluid.io/inject", () => {
  it("gives each container that mounts a dataset a hook for all its mounts, by their real types", () => {
    const pod = asking(
      podWith(["data", "thin"], {
        containers: [
          {
            name: "app",
            volumeMounts: [
              { name: "data", mountPath: "/my data" },
              { name: "thin", mountPath: "/thin", subPath: "models" },
              { name: "scratch", mountPath: "/scratch" },
            ],
          },
          { name: "other", volumeMounts: [{ name: "scratch", mountPath: "/scratch" }] },
        ],
      }),
    );
    const [app, other] = decidePod(pod, cluster).pod.spec?.containers ?? [];
    expect(hookOf(app)).toEqual([...check, "/my data", "fuse", "/thin", "fuse"]);
    expect(other?.lifecycle).toBeUndefined();
  });

  it("names the types that the kernel itself mounts", () => {
    const made = fluidDataset("nas", "thin");
    const attributes = { ...made.persistentVolume.csi?.attributes, mount_type: "nfs" };
    const persistentVolume = {
      ...made.persistentVolume,
      csi: { driver: "fuse.csi.fluid.io", attributes },
    };
    const nas = optedInCluster([{ ...made, persistentVolume }]);
    const { pod } = decidePod(asking(podWith(["nas"])), nas);
    expect(hookOf(pod.spec?.containers[0])).toEqual([...check, "/nas", "nfs nfs4"]);
  });

  it.each(["false", "yes", ""])("adds nothing for the value %j", (value) => {
    const { pod } = decidePod(asking(podWith(["data"]), value), cluster);
    expect(pod.spec?.containers[0]?.lifecycle).toBeUndefined();
  });

  it("keeps a hook of the container's own, and other hooks beside ours", () => {
    const own = { postStart: { exec: { command: ["true"] } } };
    const preStop = { exec: { command: ["sleep", "1"] } };
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const { pod } = decidePod(
      asking(
        podWith(["data"], {
          containers: [
            { name: "app", volumeMounts, lifecycle: own },
            { name: "late", volumeMounts, lifecycle: { preStop } },
          ],
        }),
      ),
      cluster,
    );
    const [app, late] = pod.spec?.containers ?? [];
    expect(app?.lifecycle).toEqual(own);
    expect(late?.lifecycle?.preStop).toEqual(preStop);
    expect(hookOf(late)).toEqual([...check, "/data", "fuse"]);
  });

  it("gives no hook to an init container, which may have none, but to a native sidecar (W8)", () => {
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const { pod } = decidePod(
      asking(
        podWith(["data"], {
          initContainers: [
            { name: "sidecar", restartPolicy: "Always", volumeMounts },
            { name: "prepare", volumeMounts },
          ],
        }),
      ),
      cluster,
    );
    const found = (name: string) => pod.spec?.initContainers?.find((container) => container.name === name);
    expect(found("prepare")?.lifecycle).toBeUndefined();
    expect(hookOf(found("sidecar"))).toEqual([...check, "/data", "fuse"]);
    expect(hookOf(found("fluid-fuse-0"))?.[0]).toBe("sluice-gate");
    expect(found("sluice-guard")?.lifecycle).toBeUndefined();
  });

  it("looks where a client mounts straight into the app's volume, too, and never in the client", () => {
    const made = asking(podWith(["data"]));
    const annotations = { "sluice.io/platform": "acs" };
    const { pod } = decidePod({ ...made, metadata: { ...made.metadata, annotations } }, cluster);
    expect(hookOf(pod.spec?.containers[0])).toEqual([...check, "/data", "fuse"]);
    const client = pod.spec?.initContainers?.find(({ name }) => name === "fluid-fuse-0");
    expect(client?.startupProbe).toBeDefined();
    expect(client?.lifecycle).toBeUndefined();
  });

  it("has nothing to add on a second call, and serves containers that came later", () => {
    const once = decidePod(asking(podWith(["data"])), cluster).pod;
    expect(decidePod(once, cluster).edits).toEqual([]);
    const late = { name: "late", volumeMounts: [{ name: "data", mountPath: "/late" }] };
    const twice = decidePod(
      {
        ...once,
        spec: { ...once.spec, containers: [...(once.spec?.containers ?? []), late] },
      },
      cluster,
    ).pod;
    expect(hookOf(twice.spec?.containers[1])).toEqual([...check, "/late", "fuse"]);
  });
});
