import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { checkPodSecurity } from "../../src/platforms/pod-security.ts";

function check(client: Partial<Container>, level: string | undefined, exempt = false, volume?: Volume) {
  const pod: Pod = {
    spec: {
      containers: [
        { name: "app", securityContext: { privileged: true } },
        { name: "fluid-fuse-0", ...client },
      ],
      volumes: volume === undefined ? [] : [volume],
    },
  };
  const labels: Record<string, string> =
    level === undefined ? {} : { "pod-security.kubernetes.io/enforce": level };
  const origins = {
    containers: new Map([["fluid-fuse-0", "ours"]]),
    volumes: new Map([["ours", "ours"]]),
  };
  return checkPodSecurity(pod, { name: "research", labels }, origins, exempt);
}

const privileged = { securityContext: { privileged: true } };
const capable = { securityContext: { capabilities: { add: ["MKNOD", "SYS_ADMIN"] } } };
const device = { securityContext: { capabilities: { add: ["MKNOD"] } } };

describe("checkPodSecurity", () => {
  it.each<[string, Partial<Container>, string, string]>([
    ["a privileged client, by baseline", privileged, "baseline", "a privileged container (fluid-fuse-0)"],
    ["a privileged client, by restricted", privileged, "restricted", "a privileged container"],
    ["a client with SYS_ADMIN", capable, "baseline", "the capability SYS_ADMIN"],
    ["a client that is merely root, by restricted", {}, "restricted", "runs as root"],
    // Kubernetes: an unknown level is taken for restricted.
    ["a client that is merely root, by an unknown level", {}, "strict", "level strict"],
  ])("refuses %s, naming it and the level", (_name, client, level, words) => {
    const [finding, ...others] = check(client, level);
    expect(others).toEqual([]);
    expect(finding?.code).toBe("pod-security");
    expect(finding?.restsOn).toEqual([{ kind: "Namespace", name: "research" }]);
    expect(finding?.message).toContain(words);
    expect(finding?.message.slice(0, 130)).toContain(`level ${level}`);
  });

  it("refuses a hostPath of ours", () => {
    const [finding] = check(device, "baseline", false, { name: "ours", hostPath: { path: "/x" } });
    expect(finding?.message).toContain("a hostPath (volume ours)");
  });

  it.each<[string, Partial<Container>, string | undefined]>([
    ["a namespace without a level", privileged, undefined],
    ["the level privileged", privileged, "privileged"],
    ["the app's own privilege", device, "baseline"],
  ])("says nothing of %s", (_name, client, level) => {
    expect(check(client, level)).toEqual([]);
  });

  it("only warns where the cluster may exempt the pod", () => {
    expect(check(privileged, "baseline", true).map(({ code }) => code)).toEqual(["pod-security-exempt"]);
  });
});
