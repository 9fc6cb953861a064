import { describe, expect, it } from "vitest";
import { isGuardCommand } from "../../src/pod/client-commands.ts";
import { extendGuard, guardContainer, hasGuard } from "../../src/pod/guard.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { clientPlanOf } from "../support/client-template-of.ts";

const resources = { requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } };
const shared = (name: string) => ({
  name,
  mountPath: `/sluice/views/${name}`,
  mountPropagation: "Bidirectional",
});

function guard(native = true) {
  const client = clientPlanOf({ native, stopSeconds: 15, holdSeconds: native ? 0 : 10 });
  return guardContainer("sluice-guard", client, ["data", "models"], "no-token", resources);
}

describe("the guard", () => {
  it("runs the client's image, privileged, over the shared volumes and without the token", () => {
    const { command, ...rest } = guard();
    expect(isGuardCommand(command)).toBe(true);
    expect(command?.slice(4)).toEqual(["/sluice/views/data", "/sluice/views/models"]);
    expect(rest).toEqual({
      name: "sluice-guard",
      image: "juicefs:1",
      resources,
      securityContext: { privileged: true, runAsUser: 0, runAsNonRoot: false },
      volumeMounts: [
        shared("data"),
        shared("models"),
        { name: "no-token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
      ],
      restartPolicy: "Always",
    });
  });

  it("is an ordinary container in classic mode, and outlasts the clients, which are told to stop with it", () => {
    expect(guard(false)).not.toHaveProperty("restartPolicy");
    expect(guard(false).env).toEqual([{ name: "SLUICE_HOLD_SECONDS", value: "25" }]);
    expect(guard()).not.toHaveProperty("env");
  });

  it("is known by what it runs, in either list, whatever its name is", () => {
    const found = { ...guard(), name: "renamed" };
    expect(hasGuard({ spec: { containers: [found] } })).toBe(true);
    expect(hasGuard({ spec: { containers: [], initContainers: [found] } })).toBe(true);
    expect(hasGuard({ spec: { containers: [{ name: "sluice-guard", command: ["sh"] }] } })).toBe(false);
    expect(hasGuard({ spec: { containers: [{ ...guard(), volumeMounts: [] }] } })).toBe(false);
  });

  it("also watches volumes that come later", () => {
    const editor = new PodEditor({ spec: { containers: [], initContainers: [guard()] } });
    extendGuard(editor, ["late"]);
    const after = editor.pod.spec?.initContainers?.[0];
    expect(after?.command?.slice(4)).toEqual([
      "/sluice/views/data",
      "/sluice/views/models",
      "/sluice/views/late",
    ]);
    expect(after?.volumeMounts?.at(-1)).toEqual(shared("late"));
  });
});
