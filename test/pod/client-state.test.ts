import type { ContainerState, ContainerStatus, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config.ts";
import type { ClientEvidence } from "../../src/pod/client-judgement.ts";
import { type ClientStatus, readClientStates } from "../../src/pod/client-state.ts";
import { containersOf } from "../../src/pod/containers.ts";
import { injected, mounting } from "../support/finishing-pod.ts";
import { type FluidDataset, fluidDataset } from "../support/fluid-dataset.ts";

const t1 = "2026-01-01T00:01:00Z";
const t2 = "2026-01-01T00:02:00Z";
const runs = (startedAt = t1): Told => ({ state: { running: { startedAt } } });
const waits = (reason: string, message = ""): Told => ({ state: { waiting: { reason, message } } });
const ended = (exitCode: number, reason = "Error"): ContainerState => ({
  terminated: { exitCode, reason, finishedAt: t2 },
});

type Told = Partial<ContainerStatus>;

/** The pod on a node, whose kubelet tells this of the containers; nothing of those that are left out. */
function onNode(pod: Pod, told: Readonly<Record<string, Told>>, status: Pod["status"] = {}): Pod {
  const known = containersOf(pod).flatMap(({ container, list }) => {
    const entry = told[container.name];
    if (entry === undefined) return [];
    const common = { name: container.name, image: "", imageID: "", ready: true, restartCount: 0 };
    return [{ list, status: { ...common, started: true, ...entry } }];
  });
  const of = (list: string) => known.filter((entry) => entry.list === list).map((entry) => entry.status);
  return {
    ...pod,
    spec: { containers: [], ...pod.spec, nodeName: "node-1" },
    status: {
      phase: "Running",
      initContainerStatuses: of("initContainers"),
      containerStatuses: of("containers"),
      ...status,
    },
  };
}

const data = { name: "data", persistentVolumeClaim: { claimName: "data" } };
const native = (spec: Partial<NonNullable<Pod["spec"]>> = {}) =>
  injected({ containers: [mounting("app", "data")], volumes: [data], ...spec }, {}, [fluidDataset("data")], {
    sidecar: "native",
  });
const classic = (spec: Partial<NonNullable<Pod["spec"]>> = {}, config: Partial<Config> = {}) =>
  injected({ containers: [mounting("app", "data")], volumes: [data], ...spec }, {}, [fluidDataset("data")], {
    sidecar: "classic",
    ...config,
  });
/** A client that mounts straight into the app's volume. */
const straight = () => classic({}, { platform: "eci" });

const guard = { "sluice-guard": runs() };

function only(pod: Pod, evidence: ClientEvidence = {}): ClientStatus {
  const [status, ...more] = readClientStates(pod, evidence);
  expect(more).toEqual([]);
  if (status === undefined) throw new Error("the pod has no client");
  return status;
}

interface Case {
  readonly pod: () => Pod;
  readonly evidence?: ClientEvidence;
  readonly state: ClientStatus["state"];
  readonly code: ClientStatus["code"];
  readonly says: RegExp;
  readonly remedy?: RegExp;
}

const cases: Readonly<Record<string, Case>> = {
  "all runs": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: runs() }),
    state: "serving",
    code: "serves",
    says: /^fluid-fuse-0 serves claim data$/,
    remedy: /^$/,
  },
  "no node yet": {
    pod: () => ({
      ...native(),
      status: {
        phase: "Pending",
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: "0/3 nodes are available",
          },
        ],
      },
    }),
    state: "waiting",
    code: "not-scheduled",
    says: /0\/3 nodes/,
  },
  "our scheduling gate": {
    pod: () => native({ schedulingGates: [{ name: "sluice.io/cache" }] }),
    state: "waiting",
    code: "gated",
    says: /sluice\.io\/cache/,
    remedy: /controllers/,
  },
  "the node has told nothing": {
    pod: () => onNode(native(), {}),
    state: "waiting",
    code: "not-reported",
    says: /node-1/,
  },
  "the image cannot be pulled": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": waits("ImagePullBackOff", "Back-off pulling image: 401"),
      }),
    state: "waiting",
    code: "image-pull",
    says: /^fluid-fuse-0: image .+ cannot be pulled: Back-off pulling image: 401$/,
    remedy: /imagePullSecrets/,
  },
  "the guard's image cannot be pulled, and it comes first": {
    pod: () =>
      onNode(native(), {
        "sluice-guard": waits("ErrImagePull", "not found"),
        "fluid-fuse-0": waits("PodInitializing"),
        app: waits("PodInitializing"),
      }),
    state: "waiting",
    code: "image-pull",
    says: /^sluice-guard: image .+ not found/,
  },
  "a Secret for a variable is missing": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": waits("CreateContainerConfigError", 'secret "jfs-token" not found'),
      }),
    state: "waiting",
    code: "secret-missing",
    says: /Secret jfs-token is not in the pod's namespace/,
    remedy: /copy Secret jfs-token/,
  },
  "a key of a Secret is missing": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": waits("CreateContainerConfigError", "couldn't find key token in Secret default/jfs"),
      }),
    state: "waiting",
    code: "secret-missing",
    says: /key token is not in Secret default\/jfs/,
    remedy: /add token to Secret default\/jfs/,
  },
  "a Secret for a volume is missing, which only an Event says": {
    pod: () =>
      onNode(
        native(),
        { "sluice-guard": waits("PodInitializing"), "fluid-fuse-0": waits("PodInitializing") },
        { phase: "Pending" },
      ),
    evidence: { warnings: ['MountVolume.SetUp failed for volume "conf" : secret "jfs-conf" not found'] },
    state: "waiting",
    code: "secret-missing",
    says: /Secret jfs-conf/,
  },
  "a volume is not mounted, which only an Event says": {
    pod: () => onNode(native(), { "fluid-fuse-0": waits("PodInitializing") }),
    evidence: {
      warnings: [
        'MountVolume.SetUp failed for volume "c" : hostPath type check failed: /x is not a directory',
      ],
    },
    state: "waiting",
    code: "volume-not-mounted",
    says: /hostPath type check failed/,
  },
  "no privileged containers": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": waits("CreateContainerError", "privileged is not allowed"),
      }),
    state: "waiting",
    code: "cannot-start",
    says: /CreateContainerError: privileged is not allowed/,
  },
  "somebody's init container comes first and fails": {
    pod: () => {
      const pod = native();
      const first = { name: "setup", image: "x" };
      const spec = {
        containers: [],
        ...pod.spec,
        initContainers: [first, ...(pod.spec?.initContainers ?? [])],
      };
      return onNode(
        { ...pod, spec },
        { setup: { state: ended(1) }, "fluid-fuse-0": waits("PodInitializing") },
      );
    },
    state: "waiting",
    code: "waits-its-turn",
    says: /fluid-fuse-0 starts after setup/,
  },
  "the app's view is not served": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": runs(),
        app: waits(
          "CreateContainerConfigError",
          'failed to prepare subPath for volumeMount "data" of container "app"',
        ),
      }),
    state: "starting",
    code: "mount-missing",
    says: /its mount is not there, and app waits for it/,
    remedy: /log/,
  },
  "its hook or probe is not done": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": { ...runs(), started: false } }),
    state: "starting",
    code: "mount-missing",
    says: /fluid-fuse-0 runs, and its mount is not there/,
  },
  "the app's own image is missing": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: waits("ErrImagePull", "no") }),
    state: "starting",
    code: "mount-unproven",
    says: /app, whom it is there for, has not started yet/,
  },
  "the same, and the log says that it has mounted": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: waits("ErrImagePull", "no") }),
    evidence: { logs: new Map([["fluid-fuse-0", "sluice: client started\nsluice: mounted at /x\n"]]) },
    state: "serving",
    code: "serves",
    says: /serves claim data/,
  },
  "the log tells why there is no mount": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: waits("PodInitializing") }),
    evidence: {
      logs: new Map([
        [
          "fluid-fuse-0",
          "sluice: client started\n<FATAL>: auth failed\nsluice: client ended with status 1\nsluice: next start in 2 s\n",
        ],
      ]),
    },
    state: "starting",
    code: "mount-missing",
    says: /client ended with status 1; the client's last words: <FATAL>: auth failed/,
  },
  "the mount of a running app is gone for now": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: runs() }),
    evidence: {
      logs: new Map([["fluid-fuse-0", "sluice: mounted at /x\nsluice: the mount at /x is dead\n"]]),
    },
    state: "restarting",
    code: "mount-missing",
    says: /the mount at \/x is dead/,
  },
  "a sub path is not in the dataset": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: waits("PodInitializing") }),
    evidence: {
      logs: new Map([
        [
          "fluid-fuse-0",
          "sluice: mounted at /x\nsluice: view /sluice/views/data/view-0: a/b does not exist in the dataset, made only where writable\n",
        ],
      ]),
    },
    state: "starting",
    code: "mount-missing",
    says: /a\/b does not exist in the dataset/,
    remedy: /subPath/,
  },
  "killed for want of memory, in back-off": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": {
          ...waits("CrashLoopBackOff", "back-off 40s"),
          restartCount: 4,
          lastState: ended(137, "OOMKilled"),
        },
        app: runs(),
      }),
    state: "restarting",
    code: "out-of-memory",
    says: /killed for want of memory/,
    remedy: /sluice\.io\/client-memory-limit/,
  },
  "killed for want of memory, and back": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": { ...runs(t2), restartCount: 1, lastState: ended(137, "OOMKilled") },
        app: runs(),
      }),
    state: "serving",
    code: "out-of-memory",
    says: /serves again/,
  },
  "crashes again and again": {
    pod: () =>
      onNode(native(), {
        ...guard,
        "fluid-fuse-0": { ...waits("CrashLoopBackOff"), restartCount: 7, lastState: ended(2) },
      }),
    state: "restarting",
    code: "back-off",
    says: /again and again, at last: it ended with status 2/,
  },
  "a native client has just ended": {
    pod: () => onNode(native(), { ...guard, "fluid-fuse-0": { state: ended(1) }, app: runs() }),
    state: "restarting",
    code: "crashed",
    says: /ended with status 1/,
  },
  "a classic client of a pod that restarts nothing has ended": {
    pod: () => onNode(classic(), { ...guard, "fluid-fuse-0": { state: ended(0, "Completed") }, app: runs() }),
    state: "lost",
    code: "client-ended",
    says: /it ended while app still runs/,
    remedy: /anew/,
  },
  "a classic client has ended after the app": {
    pod: () =>
      onNode(classic(), {
        ...guard,
        "fluid-fuse-0": { state: ended(0, "Completed") },
        app: { state: ended(0) },
      }),
    state: "ended",
    code: "ended",
    says: /has ended/,
  },
  "a straight mount is gone": {
    pod: () =>
      onNode(straight(), {
        "fluid-fuse-0": { ...runs(t2), restartCount: 1, lastState: ended(1) },
        app: runs(t1),
      }),
    state: "lost",
    code: "mount-lost",
    says: /app, running since before that, sees no new mount/,
    remedy: /create the pod anew/,
  },
  "a straight mount came before the app": {
    pod: () =>
      onNode(straight(), {
        "fluid-fuse-0": { ...runs(t1), restartCount: 1, lastState: ended(1) },
        app: runs(t2),
      }),
    state: "serving",
    code: "serves",
    says: /serves/,
  },
  "a client of a straight mount is in back-off": {
    pod: () =>
      onNode(straight(), {
        "fluid-fuse-0": { ...waits("CrashLoopBackOff"), restartCount: 3, lastState: ended(1) },
        app: runs(t1),
      }),
    state: "lost",
    code: "mount-lost",
    says: /app runs on its dead mount/,
  },
  "the pod is being deleted": {
    pod: () => {
      const pod = onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: runs() });
      return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: t2 } };
    },
    state: "serving",
    code: "pod-ending",
    says: /until the app has ended/,
  },
  "the pod was evicted": {
    pod: () =>
      onNode(native(), {}, { phase: "Failed", reason: "Evicted", message: "The node was low on memory" }),
    state: "ended",
    code: "pod-evicted",
    says: /low on memory/,
  },
  "the pod has succeeded": {
    pod: () => onNode(native(), {}, { phase: "Succeeded" }),
    state: "ended",
    code: "ended",
    says: /succeeded/,
  },
};

describe("readClientStates", () => {
  it.each(Object.entries(cases))("%s", (_, { pod, evidence, state, code, says, remedy = /./ }) => {
    const status = only(pod(), evidence);
    expect(status).toMatchObject({ state, code, container: "fluid-fuse-0", claims: ["data"] });
    expect(status.message).toMatch(says);
    if (status.level === "problem" || remedy.source !== ".") expect(status.remedy).toMatch(remedy);
  });

  it("counts restarts and what can be seen of kills for want of memory", () => {
    const pod = onNode(native(), {
      ...guard,
      "fluid-fuse-0": { ...runs(t2), restartCount: 3, lastState: ended(137, "OOMKilled") },
      app: runs(),
    });
    expect(only(pod)).toMatchObject({ restarts: 3, oomKills: 1, since: t2 });
    const logs = new Map([["fluid-fuse-0", "sluice: out of memory: 5 processes killed in this container\n"]]);
    expect(only(pod, { logs })).toMatchObject({ oomKills: 5 });
  });

  it("finds no client in a pod that only carries the marks", () => {
    const { metadata = {} } = native();
    expect(readClientStates({ metadata, spec: { containers: [mounting("app")] } })).toEqual([]);
    expect(readClientStates({})).toEqual([]);
  });

  it("survives annotations that are none of ours", () => {
    const pod = onNode(native(), { ...guard, "fluid-fuse-0": runs(), app: runs() });
    for (const text of ["", "{", "[]", "null", '{"clients":3}', '{"clients":{"data":{}}}']) {
      const annotations = { "sluice.io/status": text };
      expect(only({ ...pod, metadata: { ...pod.metadata, annotations } })).toMatchObject({ claims: [] });
    }
  });

  it("names no more claims of a client than one could serve, whatever somebody wrote", () => {
    const pod = native();
    const clients = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`c${at}`, "fluid-fuse-0"]));
    const annotations = { "sluice.io/status": JSON.stringify({ clients }) };
    const { claims } = only({ ...pod, metadata: { ...pod.metadata, annotations } });
    expect(claims).toHaveLength(100);
  });
});

describe("readClientStates of a client that runs by its image's entrypoint", () => {
  const bare = () =>
    injected(
      { containers: [mounting("app", "data")], volumes: [data] },
      {},
      [withoutCommand(fluidDataset("data", "cache"))],
      {
        sidecar: "native",
      },
    );

  it("names the client, and looks at its attendant too", () => {
    const all = { ...guard, "fluid-fuse-0": runs(), "sluice-views-0": runs(), app: runs() };
    expect(only(onNode(bare(), all))).toMatchObject({
      container: "fluid-fuse-0",
      keeper: "sluice-views-0",
      state: "serving",
    });
    const without = { ...all, "sluice-views-0": { ...waits("CrashLoopBackOff"), restartCount: 2 } };
    expect(only(onNode(bare(), without))).toMatchObject({
      state: "restarting",
      code: "back-off",
      restarts: 2,
    });
  });
});

function withoutCommand(dataset: FluidDataset): FluidDataset {
  const { template } = dataset.daemonSet;
  const containers = template.containers.map(({ command: _c, args: _a, ...rest }) => rest);
  return { ...dataset, daemonSet: { ...dataset.daemonSet, template: { ...template, containers } } };
}
