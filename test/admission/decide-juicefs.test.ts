import fc from "fast-check";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { decide } from "../../src/admission/decide.ts";
import type { Decision } from "../../src/admission/decision.ts";
import type { Claim, JuicefsSecret, PersistentVolume } from "../../src/cluster/cluster-view.ts";
import { projectJuicefsConfig, projectJuicefsSecret } from "../../src/cluster/juicefs-projections.ts";
import { projectClaim, projectPersistentVolume, projectStorageClass } from "../../src/cluster/projections.ts";
import type { RawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";

const serverless = { "juicefs.com/enable-serverless-injection": "true" };
/** Before a brace it begins one of the driver's templates. */
const dollar = "$";
const place = { namespace: "lab", name: "data" };

function claimOf(spec: RawObject = {}, metadata: RawObject = {}): Claim {
  const raw = {
    spec: { accessModes: ["ReadWriteMany"], volumeName: "pv", ...spec },
    metadata: { uid: "u", ...metadata },
  };
  return projectClaim(raw, place);
}

function volumeOf(csi: RawObject = {}, spec: RawObject = {}): PersistentVolume {
  const source = {
    driver: "csi.juicefs.com",
    volumeHandle: "pv",
    nodePublishSecretRef: { namespace: "storage", name: "fs" },
    ...csi,
  };
  const claimRef = { ...place, uid: "u" };
  return projectPersistentVolume(
    { spec: { accessModes: ["ReadWriteMany"], claimRef, csi: source, ...spec } },
    { namespace: "", name: "pv" },
  );
}

function secretOf(stringData: Readonly<Record<string, string>>): JuicefsSecret {
  return projectJuicefsSecret({ stringData }, { namespace: "storage", name: "fs" });
}

const corpfs = { name: "corpfs", metaurl: "redis://:pw@redis/1", "secret-key": "s3cret" };

function world(change: ClusterObjects = {}): ClusterObjects {
  return {
    namespaces: [{ name: "lab", labels: serverless, annotations: {} }],
    claims: [claimOf()],
    persistentVolumes: [volumeOf()],
    juicefsSecrets: [secretOf(corpfs)],
    ...change,
  };
}

function podOf(spec: Partial<Pod["spec"]> = {}, metadata: Pod["metadata"] = {}): Pod {
  const volumeMounts = [{ name: "data", mountPath: "/data" }];
  return {
    metadata: { name: "p", ...metadata },
    spec: {
      containers: [{ name: "app", volumeMounts }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      ...spec,
    },
  };
}

function decided(change: ClusterObjects = {}, pod = podOf(), config = defaultConfig): Decision {
  const request = { uid: "u", operation: "CREATE", kind: "/v1/Pod", resource: "/v1/pods", subResource: "" };
  return decide(
    { ...request, namespace: "lab", dryRun: false, object: pod },
    clusterOf(world(change)),
    config,
  );
}

function clientIn({ pod }: Decision): Container | undefined {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return all.find(({ name }) => name === "jfs-mount");
}

const refusedFor = ({ verdict, findings }: Decision) => [verdict, findings[0]?.code];
const injected = ["injected", "opted-in"];

describe("half-made and hostile volumes", () => {
  const class_ = (waits: boolean, provisioner = "csi.juicefs.com") =>
    projectStorageClass(
      { provisioner, volumeBindingMode: waits ? "WaitForFirstConsumer" : "Immediate" },
      { namespace: "", name: "sc" },
    );
  const unbound = (storageClassName: string) => claimOf({ volumeName: "", storageClassName });
  it.each<[string, ClusterObjects, string | undefined]>([
    ["no claim (W15)", { claims: [] }, "claim-not-found"],
    ["no volume yet", { claims: [unbound("sc")], storageClasses: [class_(false)] }, "claim-not-bound"],
    [
      "a consumer is waited for (W14)",
      { claims: [unbound("sc")], storageClasses: [class_(true)] },
      "claim-waits-for-consumer",
    ],
    ["another driver's class", { claims: [unbound("sc")], storageClasses: [class_(true, "ebs")] }, undefined],
    ["static and unbound (W16)", { claims: [unbound("")] }, "claim-not-bound"],
    ["being deleted (W13)", { claims: [claimOf({}, { deletionTimestamp: "now" })] }, "claim-being-deleted"],
    ["no such volume", { persistentVolumes: [] }, "volume-not-found"],
    [
      "somebody else's volume (W62)",
      { persistentVolumes: [volumeOf({}, { claimRef: { namespace: "x", name: "data" } })] },
      "volume-of-other-claim",
    ],
    [
      "an earlier claim's volume",
      { persistentVolumes: [volumeOf({}, { claimRef: { ...place, uid: "old" } })] },
      "volume-of-other-claim",
    ],
    [
      "a volume of nobody's",
      {
        persistentVolumes: [
          { name: "pv", accessModes: [], hasNodeAffinity: false, csi: { driver: "csi.juicefs.com" } },
        ],
      },
      "claim-not-bound",
    ],
    ["another driver's volume", { persistentVolumes: [volumeOf({ driver: "nfs.csi.k8s.io" })] }, undefined],
    [
      "no Secret named (W20)",
      { persistentVolumes: [volumeOf({ nodePublishSecretRef: {} })] },
      "volume-without-secret",
    ],
    ["Secret unknown", { juicefsSecrets: [] }, "secret-not-known"],
    ["Secret empty", { juicefsSecrets: [secretOf({})] }, "secret-unusable"],
    [
      "sub path with dots (W12)",
      { persistentVolumes: [volumeOf({ volumeAttributes: { subPath: "../x" } })] },
      "bad-sub-path",
    ],
    [
      "sub path with a newline (W6, W7)",
      { persistentVolumes: [volumeOf({ volumeAttributes: { subPath: "x\nid" } })] },
      "bad-sub-path",
    ],
    [
      "an option with a newline",
      { persistentVolumes: [volumeOf({}, { mountOptions: ["a\nb"] })] },
      "volume-bad-value",
    ],
    [
      "a size that is none",
      { persistentVolumes: [volumeOf({ volumeAttributes: { "juicefs/mount-cpu-limit": "lots" } })] },
      "volume-bad-value",
    ],
    [
      "a claim's size that is none",
      { claims: [claimOf({}, { annotations: { "juicefs/mount-cpu-limit": "lots" } })] },
      "volume-bad-value",
    ],
    [
      "a cache that is none",
      { persistentVolumes: [volumeOf({ volumeAttributes: { "juicefs/mount-cache-inline-volume": "[" } })] },
      "volume-bad-value",
    ],
    [
      "a host path that is none",
      { persistentVolumes: [volumeOf({ volumeAttributes: { "juicefs/host-path": "etc" } })] },
      "volume-bad-value",
    ],
  ])("%s", (_, change, code) => {
    const decision = decided(change);
    if (code === undefined) expect(decision.verdict).toBe("unchanged");
    else expect(refusedFor(decision)).toEqual(["rejected", code]);
    expect(decision.findings[0]?.message.slice(0, 200)).toMatch(/[:;] ?\S|no volume of the pod|left to/);
  });

  it.each([
    ["ephemeral (W17)", { ephemeral: { volumeClaimTemplate: { spec: { storageClassName: "sc" } } } }],
    ["inline (W17)", { csi: { driver: "csi.juicefs.com" } }],
  ])("%s volumes are refused", (_, source) => {
    const pod = podOf({ volumes: [{ name: "data", ...source }] });
    expect(refusedFor(decided({ storageClasses: [class_(false)] }, pod))).toEqual([
      "rejected",
      "ephemeral-dataset",
    ]);
  });
});

describe("who asks", () => {
  const named = (labels: Readonly<Record<string, string>>) => ({
    namespaces: [{ name: "lab", labels, annotations: {} }],
  });
  it.each<[Readonly<Record<string, string>>, Readonly<Record<string, string>>, string]>([
    [{}, {}, "unchanged"],
    [{ "juicefs.com/enable-injection": "true" }, {}, "injected"],
    [serverless, {}, "injected"],
    [{ "juicefs.com/enable-injection": "yes" }, {}, "unchanged"],
    [serverless, { "disable.sidecar.juicefs.com/inject": "true" }, "unchanged"],
    [serverless, { "disable.sidecar.juicefs.com/inject": "yes" }, "injected"],
    [serverless, { "done.sidecar.juicefs.com/inject": "true" }, "unchanged"],
    [{ "sluice.io/injection": "enabled" }, {}, "injected"],
    [{ "sluice.io/injection": "enabled" }, { "disable.sidecar.juicefs.com/inject": "true" }, "unchanged"],
    [{}, { "sluice.io/inject": "true" }, "rejected"],
    [{}, { "serverless.fluid.io/inject": "true" }, "unchanged"],
    [serverless, { "serverless.fluid.io/inject": "true" }, "injected"],
  ])("namespace %j, pod %j: %s", (namespace, labels, verdict) => {
    expect(decided(named(namespace), podOf({}, { labels })).verdict).toBe(verdict);
  });

  it("is nobody where it is switched off", () => {
    expect(decided({}, podOf(), parseConfig({ juicefs: { enabled: false } })).verdict).toBe("unchanged");
  });
});

describe("what a client gets", () => {
  it("keeps every value of the Secret out of the pod (W3, W8)", () => {
    const text = JSON.stringify(decided().pod);
    for (const value of ["redis://", "s3cret"]) expect(text).not.toContain(value);
  });

  it("takes the claim's annotations for sizes only (W1)", () => {
    const annotations = {
      "juicefs/mount-memory-limit": "3Gi",
      "juicefs/mount-image": "evil",
      "juicefs/host-path": "/",
    };
    const decision = decided({ claims: [claimOf({}, { annotations })] });
    expect(clientIn(decision)).toMatchObject({
      image: "juicedata/mount:ce-nightly",
      resources: { limits: { memory: "3Gi" } },
    });
    expect(decision.findings).toContainEqual(
      expect.objectContaining({
        code: "annotation-unheeded",
        message: expect.stringContaining("juicefs/mount-image, juicefs/host-path"),
      }),
    );
  });

  it.each<[string, ClusterObjects, Pod]>([
    [
      "the volume's access modes",
      { persistentVolumes: [volumeOf({}, { accessModes: ["ReadOnlyMany"] })] },
      podOf(),
    ],
    ["the volume's source", { persistentVolumes: [volumeOf({ readOnly: true })] }, podOf()],
    ["the claim's access modes", { claims: [claimOf({ accessModes: ["ReadOnlyMany"] })] }, podOf()],
    [
      "the pod's volume",
      {},
      podOf({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data", readOnly: true } }] }),
    ],
  ])("is read-only by %s (W24)", (_, change, pod) => {
    const command = clientIn(decided(change, pod))?.command ?? [];
    expect(command[command.indexOf("/sluice/views/data/view-0") + 2]).toBe("ro");
  });

  it("serves the same claim in two volumes by one client (W18)", () => {
    const claim = { persistentVolumeClaim: { claimName: "data" } };
    const volumeMounts = [
      { name: "a", mountPath: "/a" },
      { name: "b", mountPath: "/b" },
    ];
    const pod = podOf({
      containers: [{ name: "app", volumeMounts }],
      volumes: [
        { name: "a", ...claim },
        { name: "b", ...claim },
      ],
    });
    const names = decided({}, pod).pod.spec?.initContainers?.map(({ name }) => name);
    expect(names).toEqual(["sluice-guard", "jfs-mount"]);
  });

  it("is decided the same way again, with nothing left to do", () => {
    const first = decided();
    expect(refusedFor(first)[0]).toBe(injected[0]);
    expect(decided().edits).toEqual(first.edits);
    expect(decided({}, first.pod).verdict).toBe("unchanged");
  });

  it("goes by the driver's configuration, which has to be readable once", () => {
    const config = (text: string) =>
      projectJuicefsConfig(
        { data: { "config.yaml": text } },
        { namespace: "kube-system", name: "juicefs-csi-driver-config" },
      );
    const patch = `mountPodPatch: [{ceMountImage: mine, startupProbe: {exec: {command: [stat, "${dollar}{MOUNT_POINT}"]}}}]`;
    expect(clientIn(decided({ juicefsConfig: config(patch) }))).toMatchObject({
      image: "mine",
      startupProbe: { exec: { command: ["stat", "/jfs/u"] } },
    });
    expect(decided({ juicefsConfig: config("enableNativeSidecar: false") }).sidecar).toBe("classic");
    expect(refusedFor(decided({ juicefsConfig: config("mountPodPatch: 1") }))).toEqual([
      "rejected",
      "juicefs-config-unreadable",
    ]);
    const templated = config(
      `mountPodPatch: [{lifecycle: {preStop: {exec: {command: [sh, -c, "rm ${dollar}{SUB_PATH}"]}}}}]`,
    );
    const hostile = { persistentVolumes: [volumeOf({ volumeAttributes: { subPath: "x; id" } })] };
    expect(refusedFor(decided({ juicefsConfig: templated, ...hostile }))).toEqual([
      "rejected",
      "volume-bad-value",
    ]);
  });
});

it("whatever a volume says, the pod is served or refused, and nothing of it becomes shell text", () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      "$(id)",
      "`id`",
      "a;b",
      "../x",
      "x\ny",
      "'\"",
      `${dollar}{token}`,
      "@token",
      ",x",
      "=x",
      "--",
      "-rf",
    ),
  );
  const attributes = fc.dictionary(
    fc.constantFrom(
      "subPath",
      "mountOptions",
      "juicefs/mount-image",
      "juicefs/mount-cache-emptydir",
      "juicefs/mount-memory-limit",
      "juicefs/host-path",
      "juicefs/mount-cache-pvc",
    ),
    hostile,
  );
  const plain = clientIn(decided())?.command ?? [];
  const scripts = plain.filter((word) => word.includes("\n"));
  fc.assert(
    fc.property(
      attributes,
      fc.array(hostile, { maxLength: 3 }),
      hostile,
      (volumeAttributes, mountOptions, name) => {
        const decision = decided({
          persistentVolumes: [volumeOf({ volumeAttributes }, { mountOptions })],
          juicefsSecrets: [secretOf({ ...corpfs, name })],
        });
        expect(["injected", "rejected"]).toContain(decision.verdict);
        if (decision.verdict === "rejected") return;
        const command = clientIn(decision)?.command ?? [];
        expect(command.filter((word) => word.includes("\n"))).toEqual(scripts);
        // Kubernetes would put the value of a variable in here.
        for (const word of command.filter((one) => !scripts.includes(one)))
          expect(word.replaceAll("$$", "")).not.toContain("$(");
      },
    ),
  );
});
