import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { addClients } from "../../src/pod/add-clients.ts";
import type { ClientPlan } from "../../src/pod/client-plan.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { clientPlanOf, clientTemplateOf } from "../support/client-template-of.ts";

const guardResources = { requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } };

const render: Container = {
  name: "render",
  image: "juicefs:1",
  command: ["render"],
  volumeMounts: [{ name: "conf", mountPath: "/conf" }],
};

function planOf(initContainers: Container[], parts: Partial<ClientPlan> = {}): ClientPlan {
  const container = {
    volumeMounts: [
      { name: "shared", mountPath: "/mnt", mountPropagation: "Bidirectional" },
      { name: "conf", mountPath: "/conf", readOnly: true },
    ],
  };
  const volumes = [{ name: "conf", emptyDir: {} }];
  return clientPlanOf({ template: clientTemplateOf(container, { initContainers, volumes }), ...parts });
}

function podWith(initContainers: Container[] = []): Pod {
  return {
    metadata: { name: "p" },
    spec: {
      initContainers,
      containers: [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    },
  };
}

function add(pod: Pod, plans: readonly ClientPlan[], native = true) {
  const editor = new PodEditor(pod);
  const options = { native, guardResources, meshProxies: ["istio-proxy"], directSubPathExpr: false };
  const { findings } = addClients(editor, plans, options);
  const { initContainers = [], containers = [] } = editor.pod.spec ?? {};
  return { initContainers, containers, findings, names: initContainers.map(({ name }) => name) };
}

describe("a template's init container that leaves something for the client", () => {
  it("runs before it, without the pod's API token, as root unless it says otherwise, and has sizes", () => {
    const { initContainers, names } = add(podWith([{ name: "own" }]), [planOf([render])]);
    expect(names).toEqual(["sluice-guard", "sluice-prepare-0", "fluid-fuse-0", "own"]);
    expect(initContainers[1]).toEqual({
      ...render,
      name: "sluice-prepare-0",
      resources: { requests: { cpu: "100m", memory: "1Mi" }, limits: { cpu: "2", memory: "2Gi" } },
      securityContext: { runAsUser: 0, runAsNonRoot: false },
      volumeMounts: [
        { name: "conf-0", mountPath: "/conf" },
        {
          name: "sluice-no-token",
          mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          readOnly: true,
        },
      ],
    });
  });

  it.each([
    [{ runAsUser: 1000 }, { runAsUser: 1000, runAsNonRoot: false }],
    [{ runAsNonRoot: true }, { runAsNonRoot: true }],
    [{ privileged: true }, { privileged: true, runAsUser: 0, runAsNonRoot: false }],
  ])("keeps its securityContext %j", (securityContext, expected) => {
    const { initContainers } = add(podWith(), [planOf([{ ...render, securityContext }])]);
    expect(initContainers[1]?.securityContext).toEqual(expected);
  });

  it("comes in its order among several, under names that are free", () => {
    const taken = podWith([{ name: "sluice-prepare-0" }]);
    const { names } = add(taken, [planOf([render, { ...render, name: "check" }])]);
    expect(names).toEqual([
      "sluice-guard",
      "sluice-prepare-0-2",
      "sluice-prepare-0-3",
      "fluid-fuse-0",
      "sluice-prepare-0",
    ]);
  });

  it("is an init container beside a classic client as well, behind a mesh's proxy", () => {
    const proxy = { name: "istio-proxy", restartPolicy: "Always" };
    const { names, containers } = add(
      podWith([proxy, { name: "own" }]),
      [planOf([render], { native: false })],
      false,
    );
    expect(names).toEqual(["istio-proxy", "sluice-prepare-0", "own"]);
    expect(containers.map(({ name }) => name)).toEqual(["sluice-guard", "fluid-fuse-0", "app"]);
  });

  it("may read another dataset where clients start before it", () => {
    const reading = {
      ...render,
      volumeMounts: [...(render.volumeMounts ?? []), { name: "source", mountPath: "/s" }],
    };
    const plans = (native: boolean) => {
      const outer = planOf([reading], { native });
      const volumes = [
        ...outer.template.volumes,
        { name: "source", persistentVolumeClaim: { claimName: "inner" } },
      ];
      return [
        { ...outer, template: { ...outer.template, volumes } },
        clientPlanOf({
          native,
          name: "fluid-fuse-1",
          number: 1,
          attendant: "sluice-views-1",
          claims: [{ name: "inner", subPath: "", readOnly: true }],
        }),
      ];
    };
    const { names, initContainers, findings } = add(podWith(), plans(true));
    expect(names).toEqual(["sluice-guard", "fluid-fuse-1", "sluice-prepare-0", "fluid-fuse-0"]);
    expect(initContainers[2]?.volumeMounts?.[1]).toMatchObject({ subPath: "view-0", mountPath: "/s" });
    expect(findings).toEqual([]);
    expect(add(podWith(), plans(false), false).findings.map(({ code }) => code)).toEqual([
      "init-container-needs-native",
    ]);
  });
});
