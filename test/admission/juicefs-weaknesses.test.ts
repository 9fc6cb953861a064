import { describe, expect, it } from "vitest";
import { answerReview } from "../../src/admission/answer.ts";
import { allOf, onlyOf } from "../manifests/install-file.ts";
import {
  allContainers,
  clientIn,
  corpfs,
  decideJuicefs,
  type JuicefsWorld,
  onVci,
  wordsOf,
} from "../support/juicefs-pod.ts";

const onNode = { "juicefs.com/enable-injection": "true" };
const dollar = "$";

/** The value of `-o` of the mount. */
function optionsOf(world: JuicefsWorld): string[] {
  const words = wordsOf(decideJuicefs(world));
  return (words[words.lastIndexOf("-o") + 1] ?? "").split(",");
}

/** The weaknesses of the JuiceFS CSI driver's webhook, by their numbers in docs/juicefs.md. */
describe("what the driver's webhook gets wrong, and Sluice does not", () => {
  it("W2: a client on the node sees no other pod's mounts", () => {
    const { pod, verdict } = decideJuicefs({ namespaceLabels: onNode });
    expect(verdict).toBe("injected");
    const paths = pod.spec?.volumes?.flatMap(({ hostPath }) => hostPath?.path ?? []);
    expect(paths).toEqual(["/var/jfsCache"]);
  });

  it("W9: the startupProbe of the configuration counts", () => {
    const config = "mountPodPatch: [{startupProbe: {exec: {command: [stat, /]}}}]";
    expect(JSON.stringify(clientIn(decideJuicefs({ config })).startupProbe)).toContain("stat");
  });

  it("W11: admission may read no Secret but its own certificate's", () => {
    for (const { rules } of allOf("ClusterRole"))
      for (const { resources } of rules) expect(resources).not.toContain("secrets");
    const onSecrets = onlyOf("Role").rules.filter(({ resources }: { resources: string[] }) =>
      resources.includes("secrets"),
    );
    expect(
      onSecrets.map(({ verbs, resourceNames }: Record<string, string[]>) => [verbs, resourceNames]),
    ).toEqual([
      [["create"], undefined],
      [["get", "watch", "update"], ["sluice-certs"]],
    ]);
  });

  it("W19: a session token is the value, never a word that a shell would fill in", () => {
    const secret = { name: "corpfs", token: "t", "format-options": "session-token=abc" };
    const text = JSON.stringify(decideJuicefs({ secret }).pod);
    expect(text).toContain('",SLUICE_FORMAT_OPTIONS"');
    expect(text).not.toMatch(/\{session-token\}|session-token=abc/);
  });

  it("W21: a cache that lives with the pod is bound to no node beforehand", () => {
    const config = "mountPodPatch: [{cacheDirs: [{type: Ephemeral, storage: 1Gi}]}]";
    const { pod } = decideJuicefs({ namespaceLabels: onNode, config });
    const [template] =
      pod.spec?.volumes?.flatMap(({ ephemeral }) => ephemeral?.volumeClaimTemplate ?? []) ?? [];
    expect(template?.spec.resources?.requests).toEqual({ storage: "1Gi" });
    expect(template?.metadata?.annotations).toBeUndefined();
  });

  it("W22: all directories of the cache count, wherever they are named", () => {
    const [cache] = optionsOf({
      volumes: [{ attributes: { "juicefs/mount-cache-emptydir": ":1Gi" }, mountOptions: ["cache-dir=/a"] }],
      config: "mountPodPatch: [{mountOptions: [cache-dir=/b], cacheDirs: [{type: PVC, name: c}]}]",
    }).filter((option) => option.startsWith("cache-dir="));
    expect(cache?.slice("cache-dir=".length).split(":").sort()).toEqual([
      "/a",
      "/b",
      "/var/jfsCache-0",
      "/var/jfsCache-emptyDir",
    ]);
  });

  it("W25: no init container writes into an empty directory", () => {
    const spec = {
      initContainers: [{ name: "prepare", volumeMounts: [{ name: "v0", mountPath: "/data" }] }],
    };
    expect(decideJuicefs({ spec, settings: { sidecar: "classic" } }).verdict).toBe("rejected");
    const native = decideJuicefs({ spec, settings: { sidecar: "native" } });
    const names = native.pod.spec?.initContainers?.map(({ name }) => name) ?? [];
    expect(names.indexOf("prepare")).toBeGreaterThan(names.indexOf(clientIn(native).name));
  });

  it.each(["native", "classic"])("W26: names are free, among %s sidecars", (sidecar) => {
    const decision = decideJuicefs({
      volumes: [{}, {}],
      spec: {
        containers: [{ name: "jfs-mount" }, { name: "jfs-mount-1" }],
        initContainers: [{ name: "jfs-mount-0" }],
      },
      settings: { sidecar },
    });
    expect(decision.verdict).toBe("injected");
    const names = allContainers(decision).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["jfs-mount", "jfs-mount-1", "jfs-mount-0"]));
  });

  it("W27: volumes of the user's keep their names and what they are", () => {
    const own = ["jfs-dir", "updatedb", "cachedir-0", "cachedir-empty-dir"].map((name) => ({
      name,
      configMap: { name },
    }));
    const { pod } = decideJuicefs({
      namespaceLabels: onNode,
      volumes: [{ attributes: { "juicefs/mount-cache-emptydir": ":1Gi" }, mountOptions: ["cache-dir=/a"] }],
      spec: { volumes: own },
    });
    const names = pod.spec?.volumes?.map(({ name }) => name) ?? [];
    expect(new Set(names).size).toBe(names.length);
    expect(pod.spec?.volumes).toEqual(expect.arrayContaining(own));
  });

  it("W28: a claim whose name is long and has dots gives no container's name on VCI", () => {
    const decision = decideJuicefs({ volumes: [{ claim: `a.${"b".repeat(200)}` }], metadata: onVci });
    expect(decision.verdict).toBe("injected");
    for (const { name } of allContainers(decision))
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  it("W29: fields that nobody here knows stay in the pod", () => {
    const spec = { hostname: "x", futureField: { a: [1] } };
    const { pod } = decideJuicefs({ spec });
    expect(pod.spec).toMatchObject(spec);
  });

  it("W30: a pod that runs as no root keeps that, and its client runs as root", () => {
    const decision = decideJuicefs({ spec: { securityContext: { runAsNonRoot: true, runAsUser: 1000 } } });
    expect(decision.pod.spec?.securityContext).toEqual({ runAsNonRoot: true, runAsUser: 1000 });
    expect(clientIn(decision).securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: false });
  });

  it.each([{ shareProcessNamespace: true }, { hostPID: true }])(
    "W31: nothing writes to process 1's output: %j",
    (spec) => {
      const { verdict, pod } = decideJuicefs({ spec });
      expect(verdict).toBe("injected");
      expect(JSON.stringify(pod)).not.toContain("/proc/1/fd");
    },
  );

  it("W32: a quota that the driver's controller has set is left to it", () => {
    const attributes = { subPath: "pvc-1" };
    expect(wordsOf(decideJuicefs({ volumes: [{ attributes }] }))).toContain("quota");
    const set = { ...attributes, "juicefs/controller-quota-set": "true" };
    expect(wordsOf(decideJuicefs({ volumes: [{ attributes: set }] }))).not.toContain("quota");
  });

  it("W33: a claim under 1 GiB is served, without a quota", () => {
    const decision = decideJuicefs({ volumes: [{ attributes: { subPath: "a" }, storage: "100Mi" }] });
    expect(decision.verdict).toBe("injected");
    expect(wordsOf(decision)).not.toContain("quota");
  });

  it.each([
    ["vision", true],
    ["speech", false],
  ])("W35: labels beside a storage class count: %s %s", (team, applied) => {
    const config =
      "mountPodPatch: [{pvcSelector: {matchStorageClassName: sc, matchLabels: {team: vision}}, env: [{name: A, value: b}]}]";
    const volumes = [{ labels: { team }, storageClassName: "sc" }];
    const { env } = clientIn(decideJuicefs({ volumes, config }));
    expect(env?.some(({ name }) => name === "A")).toBe(applied);
  });

  it("W36: what a template is filled with stays text, and what could be more is refused", () => {
    const config = `mountPodPatch: [{env: [{name: A, value: "<${dollar}{VOLUME_ID}>"}]}]`;
    const { env } = clientIn(decideJuicefs({ config }));
    expect(env).toContainEqual({ name: "A", value: "<handle-0>" });
    const hostile = decideJuicefs({ config, volumes: [{ handle: '"}, {"name": "x' }] });
    expect([hostile.verdict, hostile.findings[0]?.code]).toEqual(["rejected", "volume-bad-value"]);
  });

  it("W37: a dynamic volume shows its own directory", () => {
    const volumes = [{ attributes: { subPath: "pvc-1" }, mountOptions: ["subdir=/base"] }];
    expect(optionsOf({ volumes })).toContain("subdir=/base/pvc-1");
  });

  it("W38: the same pod gets the same answer, its variables and further Secrets in order", () => {
    const secret = { ...corpfs, envs: "{B: 2, A: 1, C: 3}", configs: "{z: /z, a: /a}" };
    const one = decideJuicefs({ secret });
    const other = decideJuicefs({
      secret: { ...secret, envs: "{C: 3, A: 1, B: 2}", configs: "{a: /a, z: /z}" },
    });
    expect(JSON.stringify(other.edits)).toBe(JSON.stringify(one.edits));
    const names = clientIn(one).env?.map(({ name }) => name) ?? [];
    expect(names.filter((name) => /^[ABC]$/.test(name))).toEqual(["A", "B", "C"]);
  });

  it("W39: the mount point is a word of its own, and no pattern", () => {
    expect(wordsOf(decideJuicefs())).toContain("/jfs/u0");
  });

  it("W40: the value of an option may hold an equals sign", () => {
    expect(optionsOf({ volumes: [{ mountOptions: ["custom=a=b"] }] })).toContain("custom=a=b");
  });

  it("W45: a request above the default limit raises that", () => {
    const attributes = { "juicefs/mount-cpu-request": "8" };
    expect(clientIn(decideJuicefs({ volumes: [{ attributes }] })).resources).toMatchObject({
      requests: { cpu: "8" },
      limits: { cpu: "8" },
    });
  });

  it("W46: what the namespace's Pod Security level refuses is refused at once, with the reason", () => {
    const namespaceLabels = { ...onNode, "pod-security.kubernetes.io/enforce": "baseline" };
    const { verdict, findings } = decideJuicefs({ namespaceLabels });
    expect(verdict).toBe("rejected");
    expect(findings[0]?.message).toContain("baseline");
  });

  it("W47, W55: the supervisor mounts again and takes the mount off, whatever lifecycle is configured", () => {
    const config = "mountPodPatch: [{lifecycle: {postStart: {exec: {command: [sleep, '1']}}}}]";
    const decision = decideJuicefs({ config });
    expect(clientIn(decision).lifecycle?.preStop).toBeUndefined();
    expect(allContainers(decision).some(({ command }) => command?.[3] === "sluice-guard")).toBe(true);
  });

  it("W50, W54: a dry run is decided as any other, for nothing is written", () => {
    expect(decideJuicefs({ dryRun: true }).edits).toEqual(decideJuicefs().edits);
    for (const { sideEffects } of onlyOf("MutatingWebhookConfiguration").webhooks)
      expect(sideEffects).toBe("None");
  });

  it("W51: pods without a claim never call", () => {
    const entries = onlyOf("MutatingWebhookConfiguration").webhooks.filter(({ name }: { name: string }) =>
      name.endsWith(".juicefs.sluice.io"),
    );
    expect(entries).toHaveLength(2);
    for (const { matchConditions } of entries)
      expect(matchConditions[0].expression).toContain("persistentVolumeClaim");
  });

  it("W57: replicas take part in serving once they are ready", () => {
    const [container] = onlyOf("Deployment").spec.template.spec.containers;
    expect(container.readinessProbe.httpGet.path).toBe("/readyz");
  });

  it("W59: an answer tells what was done, for the audit log and for who made the pod", () => {
    const review = {
      apiVersion: "admission.k8s.io/v1" as const,
      request: {
        uid: "u",
        operation: "CREATE",
        kind: "/v1/Pod",
        resource: "/v1/pods",
        subResource: "",
        namespace: "lab",
        dryRun: false,
        object: {},
      },
    };
    const volumes = [{ attributes: { "juicefs/mount-service-account": "x" } }];
    const decision = decideJuicefs({ volumes });
    const { response } = answerReview(review, decision);
    expect(response.auditAnnotations).toMatchObject({ verdict: "injected", volumes: "v0=injected" });
    expect(JSON.stringify(decision.findings)).toContain("juicefs/mount-service-account");
  });

  it("W61: a cluster whose version cannot be read has native sidecars all the same", () => {
    const decision = decideJuicefs();
    expect(decision.pod.spec?.initContainers).toContainEqual(clientIn(decision));
    expect(clientIn(decision).restartPolicy).toBe("Always");
  });
});
