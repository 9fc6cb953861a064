import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { isRawObject } from "../../../src/cluster/raw-fields.ts";
import { readWatchedPod } from "../../../src/controllers/watched-pod.ts";
import { injected, mounting, type States, withStatus } from "../../support/finishing-pod.ts";

const sidecars = new Set(["istio-proxy"]);

/** What is to be done about the pod, read from JSON as it comes from the API server. */
function endsOf(pod: unknown) {
  const raw: unknown = JSON.parse(JSON.stringify(pod));
  if (!isRawObject(raw)) throw new Error("no object");
  return readWatchedPod(raw, sidecars)?.ends;
}

function dueIn(pod: Pod, states: States, named = ""): readonly string[] {
  return (
    endsOf(withStatus(pod, states, named === "" ? {} : { "sluice.io/end": named }))?.due ?? ["(nothing)"]
  );
}

const job = injected({ containers: [mounting("app", "data")] });
const retried = injected({ restartPolicy: "OnFailure", containers: [mounting("app", "data")] });
const two = injected({ containers: [mounting("train", "data"), mounting("evaluate", "models", "data")] });

describe("the clients that nobody needs any more", () => {
  it.each<[string, Pod, States, string, string[]]>([
    ["none while the app runs", job, {}, "", []],
    ["the client once the app has ended", job, { app: 0 }, "", ["fluid-fuse-0"]],
    ["the client of an app that failed and is not started again", job, { app: 1 }, "", ["fluid-fuse-0"]],
    ["none that is named already", job, { app: 0 }, "fluid-fuse-0", []],
    [
      "the guard once the client has ended",
      job,
      { app: 0, "fluid-fuse-0": 0 },
      "fluid-fuse-0",
      ["sluice-guard"],
    ],
    [
      "the guard of a client that died and is not started again",
      job,
      { app: 0, "fluid-fuse-0": 137 },
      "",
      ["sluice-guard"],
    ],
    ["nothing once both have", job, { app: 0, "fluid-fuse-0": 0, "sluice-guard": 0 }, "", []],
    ["none while a failed app is to be started again (W24, JuiceFS's W52)", retried, { app: 1 }, "", []],
    ["none while it waits for that", retried, { app: "back-off" }, "", []],
    ["the client once it has succeeded", retried, { app: 0 }, "", ["fluid-fuse-0"]],
    [
      "a client that is in back-off itself",
      retried,
      { app: 0, "fluid-fuse-0": "back-off" },
      "",
      ["fluid-fuse-0"],
    ],
    [
      "no guard while a client that failed is to be started again",
      retried,
      { app: 0, "fluid-fuse-0": 1 },
      "fluid-fuse-0",
      [],
    ],
    ["the one of two clients whose app has ended", two, { evaluate: 0 }, "", ["fluid-fuse-1"]],
    ["both once all apps have ended", two, { evaluate: 0, train: 1 }, "", ["fluid-fuse-0", "fluid-fuse-1"]],
    [
      "no guard while one of two clients runs",
      two,
      { evaluate: 0, train: 0, "fluid-fuse-1": 0 },
      "fluid-fuse-0 fluid-fuse-1",
      [],
    ],
  ])("%s", (_words, pod, states, named, expected) => {
    expect(dueIn(pod, states, named)).toEqual(expected);
  });

  it("takes no long time over a pod of very many containers, which anybody may make", () => {
    const many = structuredClone(job);
    const client = many.spec?.containers.find(({ name }) => name === "fluid-fuse-0");
    for (let at = 0; at < 400; at++) {
      const env = [{ name: "SLUICE_CONTAINER", value: `client-${at}` }];
      if (client) many.spec?.containers.push({ ...client, name: `client-${at}`, env });
      many.spec?.containers.push(mounting(`app-${at}`, "data"));
    }
    const ended = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`app-${at}`, 0]));
    const { due, neededUntil } = endsOf(withStatus(many, { app: 0, ...ended })) ?? {};
    expect(due).toHaveLength(401);
    expect(neededUntil).toBe(Date.parse("2026-01-01T00:10:00Z"));
    expect(endsOf(withStatus(many, ended))?.due).toEqual([]);
  });

  it("tells until when they were needed, and which of the named ones still run", () => {
    expect(endsOf(withStatus(two, { evaluate: 0, train: 0 }, { "sluice.io/end": "fluid-fuse-1" }))).toEqual({
      annotation: "fluid-fuse-1",
      due: ["fluid-fuse-0"],
      ending: ["fluid-fuse-1"],
      neededUntil: Date.parse("2026-01-01T00:10:00Z"),
    });
  });

  it("keeps a client for another client that reads its dataset, and the guard for both", () => {
    const nested = structuredClone(two);
    // As where models is a dataset made of data: its client mounts that one's view.
    const client = nested.spec?.containers.find(({ name }) => name === "fluid-fuse-1");
    client?.volumeMounts?.push({ name: "data", mountPath: "/source", subPath: "view-0" });
    const ended = { evaluate: 0, train: 0 };
    expect(dueIn(nested, ended)).toEqual(["fluid-fuse-1"]);
    expect(dueIn(nested, { ...ended, "fluid-fuse-1": 0 }, "fluid-fuse-1")).toEqual(["fluid-fuse-0"]);
    const all = { ...ended, "fluid-fuse-1": 0, "fluid-fuse-0": 0 };
    expect(dueIn(nested, all, "fluid-fuse-1 fluid-fuse-0")).toEqual(["sluice-guard"]);
  });
});

describe("other containers beside the app (JuiceFS's W53)", () => {
  it.each<[string, Container[], States, string[]]>([
    [
      "one that mounts no dataset is not waited for",
      [{ name: "agent", image: "a:1" }],
      { app: 0 },
      ["fluid-fuse-0"],
    ],
    ["one that mounts the dataset is", [mounting("collect", "data")], { app: 0 }, []],
    ["until it has ended", [mounting("collect", "data")], { app: 0, collect: 0 }, ["fluid-fuse-0"]],
    [
      "a mesh's proxy is not, known by its name",
      [mounting("istio-proxy", "data")],
      { app: 0 },
      ["fluid-fuse-0"],
    ],
    [
      "nor is what a platform is told to take for a sidecar",
      [{ ...mounting("logs", "data"), env: [{ name: "__IS_SIDECAR__", value: "true" }] }],
      { app: 0 },
      ["fluid-fuse-0"],
    ],
    [
      "a variable of that name with another value says nothing",
      [{ ...mounting("logs", "data"), env: [{ name: "ECI_CONTAINER_TYPE", value: "normal" }] }],
      { app: 0 },
      [],
    ],
    [
      "nor does one with the name of a part of every object",
      [{ ...mounting("logs", "data"), env: [{ name: "constructor", value: "true" }] }],
      { app: 0 },
      [],
    ],
  ])("%s", (_words, others, states, expected) => {
    expect(dueIn(injected({ containers: [mounting("app", "data"), ...others] }), states)).toEqual(expected);
  });

  it("where sidecars alone mount the dataset, the rest of the pod is waited for", () => {
    const pod = injected({ containers: [{ name: "app", image: "a:1" }, mounting("istio-proxy", "data")] });
    expect(dueIn(pod, {})).toEqual([]);
    expect(dueIn(pod, { app: 0 })).toEqual(["fluid-fuse-0"]);
  });

  it("where there is nothing but sidecars, nothing is ever due", () => {
    expect(dueIn(injected({ containers: [mounting("istio-proxy", "data")] }), {})).toEqual([]);
  });
});

describe("what makes pods", () => {
  it("Argo Workflows: main has ended, wait mirrors its mounts and still saves the outputs", () => {
    const wait = mounting("wait", "data");
    const pod = injected(
      {
        containers: [
          mounting("main", "data"),
          { ...wait, volumeMounts: [{ name: "data", mountPath: "/mainctrfs/data" }] },
        ],
      },
      { labels: { "workflows.argoproj.io/workflow": "train-x" } },
    );
    expect(dueIn(pod, { main: 0 })).toEqual([]);
    expect(dueIn(pod, { main: 0, wait: 0 })).toEqual(["fluid-fuse-0"]);
    // Argo itself ends injected sidecars by TERM where it may exec: the client has ended with 0 then.
    expect(dueIn(pod, { main: 0, wait: 0, "fluid-fuse-0": 0 })).toEqual(["sluice-guard"]);
  });

  it("Spark: the driver ends, its executors' pods are deleted, and the driver's pod is to be Succeeded", () => {
    const pod = injected(
      { containers: [mounting("spark-kubernetes-driver", "data")] },
      { labels: { "spark-role": "driver", "spark-app-selector": "spark-1" } },
    );
    expect(dueIn(pod, { "spark-kubernetes-driver": 0 })).toEqual(["fluid-fuse-0"]);
    expect(dueIn(pod, { "spark-kubernetes-driver": 1 })).toEqual(["fluid-fuse-0"]);
  });

  it("Airflow: base has ended, and the XCom sidecar, which mounts no dataset, is ended by Airflow itself", () => {
    const xcom = {
      name: "airflow-xcom-sidecar",
      image: "alpine",
      command: ["sh", "-c", "trap 'exit 0' INT; while true; do sleep 1; done;"],
    };
    // Its pods carry airflow_version, so that classic clients are only taken where the configuration allows it.
    const pod = injected({ containers: [mounting("base", "data"), xcom] }, { labels: { dag_id: "train" } });
    expect(dueIn(pod, {})).toEqual([]);
    expect(dueIn(pod, { base: 0 })).toEqual(["fluid-fuse-0"]);
    expect(dueIn(pod, { base: 0, "fluid-fuse-0": 0 })).toEqual(["sluice-guard"]);
  });
});

describe("restarts that a container decides by itself (Kubernetes 1.34)", () => {
  const rule = (operator: string, ...values: number[]) => ({
    restartPolicyRules: [{ action: "Restart", exitCodes: { operator, values } }],
  });
  it.each<[string, object, number, string[]]>([
    ["its own policy Never", { restartPolicy: "Never" }, 1, ["fluid-fuse-0"]],
    ["its own policy Always", { restartPolicy: "Always" }, 0, []],
    ["a rule that restarts this code", { restartPolicy: "Never", ...rule("In", 42) }, 42, []],
    ["a rule that restarts other codes", { restartPolicy: "Never", ...rule("In", 42) }, 41, ["fluid-fuse-0"]],
    [
      "a rule that restarts all but this code",
      { restartPolicy: "Never", ...rule("NotIn", 0) },
      0,
      ["fluid-fuse-0"],
    ],
    ["a rule that restarts all but another code", { restartPolicy: "Never", ...rule("NotIn", 0) }, 3, []],
  ])("%s", (_words, more, exitCode, expected) => {
    const pod = structuredClone(retried);
    Object.assign(pod.spec?.containers.find(({ name }) => name === "app") ?? {}, more);
    expect(dueIn(pod, { app: exitCode })).toEqual(expected);
  });
});

describe("pods that are none of ours", () => {
  const ended = withStatus(job, { app: 0 });
  it.each<[string, (pod: Pod) => Pod]>([
    ["without the mark", (pod) => ({ ...pod, metadata: { ...pod.metadata, annotations: {} } })],
    ["whose client does not look at the annotation", (pod) => changeClient(pod, { env: [] })],
    [
      "whose client looks at it under another name",
      (pod) => changeClient(pod, { env: [{ name: "SLUICE_CONTAINER", value: "other" }] }),
    ],
    ["whose client does not mount what shows it", (pod) => changeClient(pod, { volumeMounts: [] })],
    [
      "whose volume shows something else",
      (pod) => ({ ...pod, spec: { containers: [], ...pod.spec, volumes: [] } }),
    ],
    ["that has ended", (pod) => ({ ...pod, status: { ...pod.status, phase: "Succeeded" } })],
    ["that has failed", (pod) => ({ ...pod, status: { ...pod.status, phase: "Failed" } })],
    [
      "that is being deleted",
      (pod) => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    ],
  ])("%s", (_words, change) => {
    expect(endsOf(ended)?.due).toEqual(["fluid-fuse-0"]);
    expect(endsOf(change(ended))?.due ?? []).not.toContain("fluid-fuse-0");
  });

  it.each([
    {},
    { metadata: 1, spec: [], status: "x" },
    { metadata: { annotations: { "sluice.io/status": "{}" } }, spec: { containers: [null, 1, {}] } },
    { metadata: { annotations: { "sluice.io/status": "{}" } }, status: { containerStatuses: [{ name: 1 }] } },
  ])("nonsense: %j", (pod) => {
    expect(endsOf(pod)).toBeUndefined();
  });
});

function changeClient(pod: Pod, change: Partial<Container>): Pod {
  const containers = pod.spec?.containers.map((container) =>
    container.name === "fluid-fuse-0" ? { ...container, ...change } : container,
  );
  return { ...pod, spec: { ...pod.spec, containers: containers ?? [] } };
}
