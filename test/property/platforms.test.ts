import fc from "fast-check";
import { applyPatch } from "fast-json-patch";
import { Pod as PodModel } from "kubernetes-models/v1/Pod";
import type { Pod, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/admission/conclude.ts";
import type { Decision } from "../../src/admission/decision.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import { forbiddable, type Platform } from "../../src/platforms/platform.ts";
import { parseMountedCommand } from "../../src/pod/client-commands.ts";
import { fillIn } from "../support/api-server-model.ts";
import { completeCluster, datasetClaims } from "../support/arbitrary-cluster.ts";
import { arbitraryServablePod } from "../support/arbitrary-pod.ts";
import { decidePod } from "../support/decide-pod.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { breachesOf } from "../support/platform-rules.ts";
import { nameProblems, startOrder } from "../support/pod-facts.ts";

const seed = 20261123;
const settings = (numRuns: number) => ({ seed, numRuns });
const cluster = completeCluster();
const direct = ["eci", "acs", "vci", "eklet", "bci"];
const all = [...direct, "cci"];

/** Every pod runs on this platform; without what only a person can confirm most pods would be refused. */
function configFor(name: string): Config {
  return parseConfig({
    platform: name,
    platforms: { [name]: { mount: { subPaths: true } } },
  });
}

const configs = new Map(all.map((name) => [name, configFor(name)]));
const anyPlatform = fc.constantFrom(...direct);
/** The one whose volumes are the vendor's serves JuiceFS only, and so fewer of these pods. */
const anyAtAll = fc.constantFrom(...all);

function configOf(name: string): Config {
  return configs.get(name) ?? configFor(name);
}

function platformOf(name: string): Platform {
  const platform = configOf(name).platforms.byName.get(name);
  if (platform === undefined) throw new Error(`no platform ${name}`);
  return platform;
}

function inject(pod: Pod, name: string): Decision {
  const decision = decidePod(pod, cluster, configOf(name));
  fc.pre(decision.verdict === "injected");
  return decision;
}

/** What breaks one rule or another of most platforms. */
const burdens = fc.constantFrom<((pod: Pod) => Pod)[]>(
  ...[
    (pod: Pod) => withSpec(pod, { hostNetwork: true }),
    (pod: Pod) =>
      withSpec(pod, {
        volumes: [...(pod.spec?.volumes ?? []), { name: "host", hostPath: { path: "/var" } }],
      }),
    (pod: Pod) =>
      withSpec(pod, {
        containers: [
          ...(pod.spec?.containers ?? []),
          { name: "strong", securityContext: { privileged: true, capabilities: { add: ["SYS_ADMIN"] } } },
        ],
      }),
    (pod: Pod) =>
      withSpec(pod, {
        containers: [
          ...(pod.spec?.containers ?? []),
          { name: "port", ports: [{ containerPort: 80, hostPort: 80 }] },
        ],
      }),
    (pod: Pod) =>
      withSpec(pod, {
        containers: [
          ...(pod.spec?.containers ?? []),
          ...Array.from({ length: 18 }, (_, index) => ({ name: `worker-${index}` })),
        ],
      }),
    (pod: Pod) => ({
      ...pod,
      metadata: {
        ...pod.metadata,
        ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "1" }],
      },
    }),
  ].map((burden) => [burden]),
  [],
);

/** As an admin may write it into the configuration. */
const ownPlatform = fc.record({
  like: fc.constantFrom(...direct),
  mount: fc.record({ subPaths: fc.constant(true) }),
  nativeSidecars: fc.boolean(),
  start: fc.constantFrom(
    { order: "kubelet" },
    { order: "priority", priority: { env: "ECI_CONTAINER_LAUNCH_PRIORITY", first: 10 } },
  ),
  rules: fc.record(
    {
      forbidden: fc.subarray([...forbiddable].filter((rule) => rule !== "privileged")),
      capabilities: fc.subarray(["SYS_ADMIN", "NET_ADMIN"]),
      maxContainers: fc.integer({ min: 1, max: 12 }),
      maxVolumes: fc.integer({ min: 1, max: 20 }),
    },
    { requiredKeys: [] },
  ),
});

/** Names of containers that read a client's mount and start no later than the client, where a variable orders them. */
function startsTooEarly(pod: Pod, { start: { priority } }: Platform): string[] {
  if (priority === undefined) return [];
  const containers = pod.spec?.containers ?? [];
  const startOf = (name: string) =>
    Number(
      containers.find((container) => container.name === name)?.env?.findLast((v) => v.name === priority.env)
        ?.value ?? 0,
    );
  const shared = [...clientVolumes(pod)].filter(([client]) => containers.some(({ name }) => name === client));
  return shared.flatMap(([client, volume]) =>
    containers
      .filter(({ name, volumeMounts }) => name !== client && volumeMounts?.some((m) => m.name === volume))
      .map(({ name }) => name)
      .filter((name) => startOf(name) >= startOf(client)),
  );
}

function withSpec(pod: Pod, parts: Partial<NonNullable<Pod["spec"]>>): Pod {
  return { ...pod, spec: { containers: [], ...pod.spec, ...parts } };
}

describe(`a pod on nodes that serve no views (seed ${seed})`, () => {
  it.each(direct)("is often injected, so that the properties below are not empty: %s", (name) => {
    const verdicts = fc
      .sample(arbitraryServablePod, settings(200))
      .map((pod) => decidePod(pod, cluster, configOf(name)).verdict);
    expect(verdicts.filter((verdict) => verdict === "injected").length).toBeGreaterThan(20);
  });

  it("breaks no rule of its platform once it is let in, but for those that are not confirmed", () => {
    let refused = 0;
    fc.assert(
      fc.property(arbitraryServablePod, burdens, anyAtAll, (plain, burden, name) => {
        const pod = burden.reduce((loaded, load) => load(loaded), plain);
        const decision = decidePod(pod, cluster, configOf(name));
        const told = decision.findings.filter(({ code }) => code === "platform-rule-open");
        if (decision.findings.some(({ code }) => code === "platform-rule")) refused += 1;
        if (decision.verdict !== "injected") return;
        const breaches = breachesOf(decision.pod, platformOf(name));
        expect(told.length).toBeGreaterThanOrEqual(breaches.length);
        const own = breachesOf(pod, platformOf(name));
        expect(breaches.length, `${breaches} were ${own}`).toBeLessThanOrEqual(own.length);
      }),
      settings(500),
    );
    expect(refused).toBeGreaterThan(20);
  });

  it("breaks no rule at all of a platform of one's own, all of which is confirmed", () => {
    let injectedPods = 0;
    fc.assert(
      fc.property(arbitraryServablePod, burdens, ownPlatform, (plain, burden, own) => {
        const pod = burden.reduce((loaded, load) => load(loaded), plain);
        const config = parseConfig({ platform: "own", platforms: { own: { ...own, confirmed: true } } });
        const platform = config.platforms.byName.get("own");
        if (platform === undefined) throw new Error("the platform is not known");
        const decision = decidePod(pod, cluster, config);
        if (decision.verdict !== "injected") return;
        injectedPods += 1;
        expect(breachesOf(decision.pod, platform)).toEqual([]);
        expect(startsTooEarly(decision.pod, platform)).toEqual([]);
      }),
      settings(500),
    );
    expect(injectedPods).toBeGreaterThan(20);
  });

  it("gets a patch that applies, is never changed itself, and stays valid", () => {
    fc.assert(
      fc.property(arbitraryServablePod, anyAtAll, (pod, name) => {
        const { edits, pod: injected } = inject(deepFreeze(pod), name);
        const patch = structuredClone(edits.map((edit) => edit.operation));
        expect(applyPatch(structuredClone(pod), patch, true).newDocument).toEqual(injected);
        new PodModel(JSON.parse(JSON.stringify(injected))).validate();
        expect(nameProblems(injected)).toEqual([]);
      }),
      settings(200),
    );
  });

  it("shows each dataset to its containers, and lets them write no more than the claim grants", () => {
    fc.assert(fc.property(arbitraryServablePod, anyPlatform, expectShown), settings(300));
  });

  it("is not changed a second time, when the API server has filled it in before and between", () => {
    fc.assert(
      fc.property(arbitraryServablePod, anyAtAll, (pod, name) => {
        const between = fillIn(inject(fillIn(pod), name).pod);
        const again = decidePod(deepFreeze(between), cluster, configOf(name));
        expect(again.findings.filter(isRefusal)).toEqual([]);
        expect(again.edits).toEqual([]);
      }),
      settings(200),
    );
  });

  it("serves a container that comes between", () => {
    fc.assert(
      fc.property(arbitraryServablePod, anyPlatform, (pod, name) => {
        const injected = fillIn(inject(fillIn(pod), name).pod);
        const [volume] = clientVolumes(injected).values();
        if (volume === undefined) return;
        const late = { name: "late", image: "late:1", volumeMounts: [{ name: volume, mountPath: "/late" }] };
        const between = withSpec(injected, { containers: [...(injected.spec?.containers ?? []), late] });
        const second = decidePod(deepFreeze(between), cluster, configOf(name));
        const mount = startOrder(second.pod).find((container) => container.name === "late")
          ?.volumeMounts?.[0];
        expect(mount?.mountPropagation).toBe("HostToContainer");
        expect(decidePod(fillIn(second.pod), cluster, configOf(name)).edits).toEqual([]);
      }),
      settings(100),
    );
  });
});

/** By a client's name the volume that it mounts into. */
function clientVolumes(pod: Pod): ReadonlyMap<string, string> {
  return new Map(
    startOrder(pod).flatMap((container) => {
      const { startupProbe, readinessProbe, lifecycle } = container;
      const commands = [startupProbe, readinessProbe, lifecycle?.postStart].map(
        (asks) => asks?.exec?.command,
      );
      const path = commands.map(parseMountedCommand).find((found) => found !== undefined);
      const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === path);
      return mount === undefined ? [] : [[container.name, mount.name] as const];
    }),
  );
}

function expectShown(pod: Pod, name: string): void {
  const { pod: injected } = inject(pod, name);
  const shared = new Set(clientVolumes(injected).values());
  for (const container of startOrder(pod)) {
    const after = startOrder(injected).find((candidate) => candidate.name === container.name);
    container.volumeMounts?.forEach((mount: VolumeMount, index) => {
      const source = pod.spec?.volumes?.find((volume) => volume.name === mount.name)?.persistentVolumeClaim;
      if (source === undefined || !datasetClaims.includes(source.claimName)) return;
      const shown = after?.volumeMounts?.[index];
      expect(shared).toContain(shown?.name);
      expect(shown?.mountPropagation).toBe("HostToContainer");
      const grantsReadingOnly = !["data", "bare", "sub"].includes(source.claimName);
      const readOnly = grantsReadingOnly || source.readOnly === true || mount.readOnly === true;
      expect(shown?.readOnly ?? false).toBe(readOnly);
    });
  }
}
