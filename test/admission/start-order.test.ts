import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const cluster = optedInCluster([fluidDataset("data", "juicefs"), fluidDataset("more", "juicefs")]);
const variable = "ECI_CONTAINER_LAUNCH_PRIORITY";

/** Platforms that start containers side by side, each with another way to share. */
const ways = {
  "a privileged client": {},
  "an unprivileged client": {
    client: { privilege: "root" },
    mount: { by: "annotation", annotation: { switch: "a/switch", list: "a/list" } },
  },
  "a driver of the vendor": {
    client: { privilege: "capabilities", capabilities: ["SYS_ADMIN"] },
    mount: {
      by: "inline-csi",
      csi: { driver: "csi.moon", fsType: "moon", attribute: "source", folderEnv: "CLIENT_FOLDER" },
    },
  },
  "healing views": { mount: { by: "views" } },
};

function decideOn(way: object, pod: Pod, name = "moon") {
  const config = parseConfig({ platform: name, platforms: { [name]: { like: "eci", ...way } } });
  return decidePod(pod, cluster, config);
}

function podStarting(value: string): Pod {
  const pod = podWith(["data"]);
  const [app] = pod.spec?.containers ?? [];
  if (app === undefined) throw new Error("a pod without an app");
  return { ...pod, spec: { ...pod.spec, containers: [{ ...app, env: [{ name: variable, value }] }] } };
}

describe.each(Object.entries(ways))("where a variable orders the start, with %s", (_words, way) => {
  it.each(["1000", "5000000"])("an app that starts with its client or before is refused: %s", (value) => {
    const decision = decideOn(way, podStarting(value));
    expect(decision.verdict).toBe("rejected");
    expect(decision.findings.find(({ code }) => code === "start-order")).toMatchObject({
      message: expect.stringMatching(
        /^container app sets ECI_CONTAINER_LAUNCH_PRIORITY=\d+ and mounts volume data/,
      ),
      volume: "data",
    });
  });

  it.each(["999", "-1000", "no number"])("one that starts later is served: %s", (value) => {
    expect(decideOn(way, podStarting(value)).verdict).toBe("injected");
  });

  it("one that came between the calls and starts too early is refused", () => {
    const first = decideOn(way, podWith(["data"])).pod;
    const late = {
      name: "late",
      env: [{ name: variable, value: "1000" }],
      volumeMounts: [{ name: "data", mountPath: "/late" }],
    };
    const between = {
      ...first,
      spec: { ...first.spec, containers: [...(first.spec?.containers ?? []), late] },
    };
    const decision = decideOn(way, between);
    expect(decision.findings.map(({ code }) => code)).toContain("start-order");
    const later = { ...late, env: [] };
    const calm = {
      ...first,
      spec: { ...first.spec, containers: [...(first.spec?.containers ?? []), later] },
    };
    expect(decideOn(way, calm).findings.map(({ code }) => code)).not.toContain("start-order");
  });
});

it("native clients start before all ordinary containers, whatever these say", () => {
  const native = { nativeSidecars: true };
  expect(decideOn(native, podStarting("1000"))).toMatchObject({ verdict: "injected", sidecar: "native" });
});
