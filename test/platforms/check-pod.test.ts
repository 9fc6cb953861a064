import type { Container, Pod, PodSpec, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { checkPod, hasRules, type PodOrigins } from "../../src/platforms/check-pod.ts";
import { kubernetes } from "../../src/platforms/cluster-nodes.ts";
import { forbiddable, type Platform } from "../../src/platforms/platform.ts";

const strict: Platform = {
  ...kubernetes,
  name: "strict",
  rules: { forbidden: [...forbiddable], capabilities: ["CHOWN"], maxContainers: 2, maxVolumes: 2 },
};
const nobody: PodOrigins = { containers: new Map(), volumes: new Map() };
const app: Container = { name: "app" };

function podOf(spec: Partial<PodSpec>, metadata: Pod["metadata"] = {}): Pod {
  return { metadata, spec: { containers: [app], ...spec } };
}

function volumes(count: number): Volume[] {
  return Array.from({ length: count }, (_, index) => ({ name: `v${index}`, emptyDir: {} }));
}

describe("checkPod", () => {
  it.each<[string, Pod, string]>([
    [
      "hostPath",
      podOf({ volumes: [{ name: "v" }, { name: "h", hostPath: { path: "/x" } }] }),
      "spec.volumes[1].hostPath",
    ],
    ["hostNetwork", podOf({ hostNetwork: true }), "spec.hostNetwork"],
    ["hostPID", podOf({ hostPID: true }), "spec.hostPID"],
    ["hostIPC", podOf({ hostIPC: true }), "spec.hostIPC"],
    [
      "hostPort",
      podOf({ containers: [{ ...app, ports: [{ containerPort: 1 }, { containerPort: 2, hostPort: 2 }] }] }),
      "spec.containers[0].ports[1].hostPort of app",
    ],
    [
      "privileged",
      podOf({ initContainers: [{ name: "setup", securityContext: { privileged: true } }] }),
      "spec.initContainers[0].securityContext.privileged of setup",
    ],
    [
      "a DaemonSet's pod",
      podOf({}, { ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "1" }] }),
      "metadata.ownerReferences",
    ],
    [
      "a capability",
      podOf({
        containers: [{ ...app, securityContext: { capabilities: { add: ["CAP_CHOWN", "SYS_ADMIN"] } } }],
      }),
      "spec.containers[0].securityContext.capabilities.add of app",
    ],
    [
      "too many containers",
      podOf({ containers: [app, { name: "b" }, { name: "c" }] }),
      "3 containers, more than 2",
    ],
    [
      "native sidecars among too many containers",
      podOf({ containers: [app, { name: "b" }], initContainers: [{ name: "c", restartPolicy: "Always" }] }),
      "3 containers, more than 2",
    ],
    ["too many volumes", podOf({ volumes: volumes(3) }), "3 volumes, more than 2"],
  ])("names %s by its field, and whose it is", (_name, pod, field) => {
    const findings = checkPod(pod, strict, nobody);
    expect(findings.map(({ code }) => code)).toEqual(["platform-rule"]);
    expect(findings[0]?.message).toContain(`platform strict does not allow ${field} (the pod's own)`);
  });

  it.each<[string, Pod]>([
    ["a pod within all limits", podOf({ containers: [app, { name: "b" }], volumes: volumes(2) })],
    [
      "init containers beside as many others",
      podOf({ containers: [app, { name: "b" }], initContainers: [{ name: "c" }] }),
    ],
    [
      "what is switched off",
      podOf({ hostNetwork: false, containers: [{ ...app, securityContext: { privileged: false } }] }),
    ],
    [
      "an allowed capability",
      podOf({ containers: [{ ...app, securityContext: { capabilities: { add: ["CHOWN"] } } }] }),
    ],
    ["a pod without a spec", {}],
  ])("finds nothing in %s", (_name, pod) => {
    expect(checkPod(pod, strict, nobody)).toEqual([]);
  });

  it.each<[Partial<Platform["rules"]>, boolean]>([
    [{}, false],
    [{ forbidden: ["hostPath"] }, true],
    [{ capabilities: [] }, true],
    [{ maxContainers: 20 }, true],
    [{ maxVolumes: 20 }, true],
  ])("has rules to hold a pod against: %j %s", (rules, expected) => {
    expect(hasRules({ ...kubernetes, rules: { forbidden: [], ...rules } })).toBe(expected);
  });

  it("finds nothing where nothing is forbidden", () => {
    expect(checkPod(podOf({ hostNetwork: true, volumes: volumes(50) }), kubernetes, nobody)).toEqual([]);
  });

  it("names who brought the part, and how many of too many parts are ours", () => {
    const pod = podOf({
      containers: [app, { name: "fluid-fuse-0", securityContext: { privileged: true } }, { name: "c" }],
    });
    const origins = { ...nobody, containers: new Map([["fluid-fuse-0", "from DaemonSet a/b"]]) };
    const messages = checkPod(pod, strict, origins).map(({ message }) => message);
    expect(messages[0]).toContain("of fluid-fuse-0 (from DaemonSet a/b)");
    expect(messages[1]).toContain("(1 of them for the clients)");
  });

  it.each(["rules.hostNetwork", "rules.forbidden"])(
    "only warns of the pod's own breach of a rule that is not confirmed: %s",
    (field) => {
      const open = { ...strict, unconfirmed: { [field]: "nobody knows" } };
      const [finding] = checkPod(podOf({ hostNetwork: true }), open, nobody);
      expect(finding?.code).toBe("platform-rule-open");
    },
  );

  it("refuses what we would bring ourselves, confirmed or not", () => {
    const open = { ...strict, unconfirmed: { "rules.forbidden": "nobody knows" } };
    const pod = podOf({ volumes: [{ name: "h", hostPath: { path: "/x" } }] });
    const origins = { ...nobody, volumes: new Map([["h", "added for the clients"]]) };
    expect(checkPod(pod, open, origins).map(({ code }) => code)).toEqual(["platform-rule"]);
  });
});
