import type { Container } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { parseSupervisorCommand } from "../../src/pod/client-commands.ts";
import { bareClientContainers, clientContainer, type Shown } from "../../src/pod/client-container.ts";
import type { ClientPlan } from "../../src/pod/client-plan.ts";
import { clientPlanOf, clientTemplateOf } from "../support/client-template-of.ts";

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const shown: Shown = {
  views: [{ path: "/sluice/views/data/view-0", source: ".", readOnly: true }],
  volumes: ["data"],
  env: [{ name: "SLUICE_PATH_app_POD", value: "p" }],
};

function build(container: Partial<Container> = {}, plan: Partial<ClientPlan> = {}): Container {
  const template = clientTemplateOf({
    volumeMounts: [{ name: "script-0", mountPath: "/script" }],
    ...container,
  });
  return clientContainer(template.container, template, shown, "no-token", clientPlanOf(plan));
}

function variables({ env = [] }: Container): Record<string, string | undefined> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

describe("a client's container", () => {
  it("runs the client's own command and arguments, as they are, under a supervisor", () => {
    expect(parseSupervisorCommand(build().command)).toEqual({
      mountPath: "/mnt/data",
      views: shown.views,
      client: ["sh", "-c", "juicefs mount $(URL) /mnt/data"],
    });
    expect(build()).not.toHaveProperty("args");
  });

  it("mounts its own volumes, the shared ones, and an empty one in place of the token", () => {
    expect(build().volumeMounts).toEqual([
      { name: "script-0", mountPath: "/script" },
      { name: "data", mountPath: "/sluice/views/data", mountPropagation: "Bidirectional" },
      { name: "no-token", mountPath: tokenPath, readOnly: true },
    ]);
  });

  it("knows the token's path in any form", () => {
    const { volumeMounts } = build({ volumeMounts: [{ name: "token-0", mountPath: `${tokenPath}/` }] });
    expect(volumeMounts?.map(({ name }) => name)).not.toContain("no-token");
  });

  it("keeps a token that its template mounts", () => {
    const { volumeMounts } = build({ volumeMounts: [{ name: "token-0", mountPath: tokenPath }] });
    expect(volumeMounts?.filter((mount) => mount.mountPath === tokenPath)).toEqual([
      { name: "token-0", mountPath: tokenPath },
    ]);
  });

  it("keeps what it does not know, and leaves probes, hooks and resize policies out", () => {
    const probe = { exec: { command: ["true"] } };
    const parts = {
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
      lifecycle: { postStart: probe },
      resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }],
      restartPolicy: "Always",
      futureField: 1,
    };
    const { livenessProbe, readinessProbe, startupProbe, resizePolicy, ...rest } = build(parts, {
      native: false,
      gateSeconds: 0,
    });
    expect([livenessProbe, readinessProbe, startupProbe, resizePolicy]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(rest).toMatchObject({ image: "juicefs:1", futureField: 1 });
    expect(rest).not.toHaveProperty("lifecycle");
    expect(rest).not.toHaveProperty("restartPolicy");
  });

  it.each<[string, Partial<ClientPlan>, string | undefined, boolean]>([
    ["native", {}, "Always", true],
    ["classic", { native: false }, undefined, true],
    ["with a longer gate", { gateSeconds: 20 }, "Always", true],
    ["without a gate", { gateSeconds: 0 }, "Always", false],
  ])("%s", (_, plan, restartPolicy, gated) => {
    const { lifecycle, restartPolicy: policy } = build({}, plan);
    expect(policy).toBe(restartPolicy);
    expect(lifecycle?.postStart?.exec?.command?.slice(3)).toEqual(
      gated ? ["sluice-gate", String(plan.gateSeconds ?? 3), "/sluice/views/data/view-0"] : undefined,
    );
  });

  it.each<[string, Partial<Container>, Partial<ClientPlan>, Record<string, string | undefined>]>([
    [
      "how it is stopped",
      {},
      {},
      { SLUICE_CLIENT_STOP: "detach", SLUICE_STOP_SECONDS: "25", SLUICE_FILE_SYSTEMS: "fuse" },
    ],
    ["how long it goes on after TERM", {}, { holdSeconds: 10 }, { SLUICE_HOLD_SECONDS: "10" }],
    [
      "the variables of its views, and its own",
      { env: [{ name: "URL", value: "u" }] },
      {},
      { SLUICE_PATH_app_POD: "p", URL: "u" },
    ],
    [
      "the template's preStop, which the supervisor runs",
      { lifecycle: { preStop: { exec: { command: ["sh", "-c", "umount $DIR; echo 'x'"] } } } },
      {},
      { SLUICE_PRE_STOP: `'sh' '-c' 'umount $$DIR; echo '\\''x'\\'''` },
    ],
  ])("is told %s", (_, container, plan, expected) => {
    expect(variables(build(container, plan))).toMatchObject(expected);
  });

  it("is told of no hold and no preStop where there is none", () => {
    expect(Object.keys(variables(build()))).toEqual([
      "SLUICE_PATH_app_POD",
      "SLUICE_FILE_SYSTEMS",
      "SLUICE_CLIENT_STOP",
      "SLUICE_STOP_SECONDS",
    ]);
  });

  it("is privileged and root, whatever its template says", () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      runAsUser: 1000,
      runAsNonRoot: true,
      runAsGroup: 5,
    };
    expect(build({ securityContext }).securityContext).toEqual({
      privileged: true,
      runAsUser: 0,
      runAsNonRoot: false,
      runAsGroup: 5,
    });
  });
});

describe("a client without a command", () => {
  const template = clientTemplateOf({
    args: ["mount"],
    imagePullPolicy: "Always",
    volumeMounts: [{ name: "script-0", mountPath: "/script" }],
  });
  const { command: _, ...bare } = template.container;
  const attendant = {
    name: "sluice-views-0",
    mountVolume: "sluice-mount-0",
    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { cpu: "2m", memory: "2Mi" } },
  };
  const [client, attending] = bareClientContainers(
    bare,
    template,
    shown,
    "no-token",
    clientPlanOf(),
    attendant,
  );
  const shares = { name: "sluice-mount-0", mountPath: "/mnt", mountPropagation: "Bidirectional" };

  it("runs by its image's entrypoint and mounts in a volume of its own", () => {
    expect(client).toMatchObject({ name: "fluid-fuse-0", args: ["mount"], restartPolicy: "Always" });
    expect(client).not.toHaveProperty("command");
    expect(client?.volumeMounts?.map(({ name }) => name)).toEqual(["script-0", "sluice-mount-0", "no-token"]);
    expect(client?.volumeMounts).toContainEqual(shares);
  });

  it("is attended by a small container of its image, which shows the mount", () => {
    expect(attending).toMatchObject({
      name: "sluice-views-0",
      image: "juicefs:1",
      imagePullPolicy: "Always",
      resources: attendant.resources,
      restartPolicy: "Always",
      securityContext: { privileged: true },
    });
    expect(attending?.volumeMounts?.map(({ name }) => name)).toEqual(["sluice-mount-0", "data", "no-token"]);
    expect(parseSupervisorCommand(attending?.command)).toEqual({
      mountPath: "/mnt/data",
      views: shown.views,
      client: [],
    });
  });
});
