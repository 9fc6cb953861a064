import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { run } from "../../src/cli/audit.ts";
import { demoClusterFiles } from "../../src/cli/demo-cluster.ts";
import { forbidden } from "../support/fake-api-faults.ts";
import { type FakeApiServer, json } from "../support/fake-api-server.ts";
import { injected, mounting } from "../support/finishing-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { runCaptured } from "./captured-io.ts";
import { temporaryFolder } from "./demo-folder.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
  for (const text of demoClusterFiles.values())
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS();
      api.store.put(`${object.kind.toLowerCase()}s`, object);
    }
  putConfig({});
});
afterEach(() => closing.all());

function putConfig(config: object): void {
  const data = { "config.yaml": JSON.stringify(config) };
  api.store.put("configmaps", { metadata: { name: "sluice", namespace: "sluice-system" }, data });
}

function putPod(name: string, metadata: object = {}): void {
  api.store.put("pods", {
    metadata: { namespace: "demo", uid: `uid-${name}`, ...metadata, name },
    spec: {
      containers: [{ name: "app", image: "app:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
    },
    status: { phase: "Running" },
  });
}

const ofWeb = {
  labels: { "pod-template-hash": "5d4f" },
  ownerReferences: [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: "u", controller: true },
  ],
};

const ofWebToo = {
  ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "train", uid: "u", controller: true }],
};

const audit = (...argv: string[]) => runCaptured(run, argv, { env: { KUBECONFIG: api.kubeconfig } });

/** The API server says of these that the user may not. */
function deny(...denied: readonly string[]): void {
  api.fail({ resource: "selfsubjectaccessreviews" }, (response, { body }) => {
    const { verb, resource } = Object(body).spec.resourceAttributes;
    json(response, 201, { status: { allowed: !denied.includes(`${verb} ${resource}`) } });
  });
}

describe("sluice audit", () => {
  it("lists the pods that slipped through, with what to do", async () => {
    putPod("web-5d4f-a", ofWeb);
    putPod("alone", { annotations: { "sluice.io/sidecar": "side\u001b[2Jways" } });
    putPod("asked-not-to", { labels: { "sluice.io/inject": "false" } });
    const { code, stdout, stderr } = await audit();
    expect(stdout.split("\n")).toEqual([
      "NAMESPACE   POD          MADE BY          WITHOUT                 WHAT TO DO",
      expect.stringMatching(
        /^demo {8}alone {8}nobody {11}Dataset demo\/imagenet {3}would be refused now: .*sluice\.io\/sidecar/,
      ),
      "demo        web-5d4f-a   Deployment web   Dataset demo/imagenet   kubectl -n demo rollout restart deployment/web",
      "",
    ]);
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toBe("of 3 pods that have not ended, 2 run without the datasets they ask for\n");
    expect(code).toBe(1);
  });

  describe("--off-cache", () => {
    const data = { name: "data", persistentVolumeClaim: { claimName: "data" } };
    const served = injected({ containers: [mounting("app", "data")], volumes: [data] }, {}, [
      fluidDataset("data"),
    ]);

    /** As admission leaves pods of Dataset default/data, on a node. */
    function putInjected(name: string, nodeName: string | undefined, metadata: object = {}): void {
      api.store.put("pods", {
        ...served,
        metadata: { ...served.metadata, ...metadata, name, uid: `uid-${name}` },
        spec: { ...served.spec, nodeName },
        status: { phase: "Running" },
      });
    }

    beforeEach(() => {
      api.store.put("datasets", {
        metadata: { name: "data", namespace: "default" },
        status: { phase: "Bound", runtimes: [{ type: "alluxio", name: "data", namespace: "default" }] },
      });
      for (const name of ["node-x", "node-y"])
        api.store.put("nodes", { metadata: { name, labels: { "fluid.io/s-default-data": "true" } } });
    });

    it("lists the pods on nodes without their datasets' caches, and how many nodes hold these", async () => {
      putInjected("far", "node-c");
      putInjected("near", "node-x");
      putInjected("nowhere", undefined);
      putInjected("unknown", "gone");
      putPod("alone");
      const { code, stdout, stderr } = await audit("--off-cache");
      expect(stdout.split("\n")).toEqual([
        "NAMESPACE   POD   MADE BY   NODE     CACHES IT LACKS",
        "default     far   nobody    node-c   Dataset default/data (on 2 nodes)",
        "",
      ]);
      expect(stderr).toBe(
        "of 4 pods with clients that have not ended, 1 runs on nodes without their datasets' caches\n",
      );
      expect(code).toBe(1);
    });

    it("prints JSON, and says that there is none", async () => {
      putInjected("far", "node-c", ofWebToo);
      const { code, stdout } = await audit("--off-cache", "-o", "json");
      expect([code, JSON.parse(stdout)]).toEqual([
        1,
        {
          pods: [
            {
              namespace: "default",
              name: "far",
              uid: "uid-far",
              madeBy: { kind: "Job", name: "train" },
              node: "node-c",
              without: [{ dataset: "default/data", nodes: 2 }],
            },
          ],
          looked: 1,
          unread: [],
        },
      ]);
      api.store.delete("pods", "far", "default");
      const without = await audit("--off-cache");
      expect([without.code, without.stdout]).toEqual([0, ""]);
      expect(without.stderr).toContain("none run on nodes without");
    });

    it("says where it may not look", async () => {
      api.store.put("namespaces", { metadata: { name: "closed" } });
      api.fail(({ resource, namespace }) => resource === "pods" && namespace !== "demo", forbidden);
      const { code, stderr } = await audit("--off-cache");
      expect([code, stderr]).toEqual([3, expect.stringMatching(/not looked at: namespace closed: .*grant/)]);
    });
  });

  it("prints JSON", async () => {
    putPod("web-5d4f-a", ofWeb);
    const { code, stdout } = await audit("-o", "json");
    expect(JSON.parse(stdout)).toEqual({
      pods: [
        {
          namespace: "demo",
          name: "web-5d4f-a",
          uid: "uid-web-5d4f-a",
          created: "",
          madeBy: { kind: "Deployment", name: "web" },
          mounts: ["Dataset demo/imagenet"],
          refusal: null,
          remedy: "kubectl -n demo rollout restart deployment/web",
        },
      ],
      looked: 1,
      unread: [],
    });
    expect(code).toBe(1);
  });

  it("says that there is none", async () => {
    const { code, stdout, stderr } = await audit();
    expect([code, stdout, stderr]).toEqual([
      0,
      "",
      "of 0 pods that have not ended, none run without the datasets they ask for\n",
    ]);
  });

  it("looks in the namespaces that are named, and nowhere else", async () => {
    api.store.put("namespaces", { metadata: { name: "lab", labels: { "sluice.io/injection": "enabled" } } });
    putPod("alone");
    const other = await audit("-n", "lab");
    expect([other.code, other.stdout]).toEqual([0, ""]);
    const both = await audit("-n", "lab", "-n", "demo");
    expect(both.stdout).toContain("alone");
    expect(api.callsOf("list", "pods").every(({ namespace }) => namespace !== undefined)).toBe(true);
  });

  it("decides by the installation's configuration, or by the one that is named", async () => {
    putPod("alone");
    putConfig({ mode: "csi" });
    expect((await audit()).code).toBe(0);
    api.store.delete("configmaps", "sluice", "sluice-system");
    const without = await audit();
    expect(without.stderr).toContain("ConfigMap sluice-system/sluice: does not exist: the defaults count");
    expect(without.code).toBe(1);
  });

  it("says at once which rights are missing", async () => {
    deny("list nodes", "watch nodes");
    const { code, stderr } = await audit();
    expect(stderr).toContain("you may not list nodes, watch nodes");
    expect(code).toBe(2);
    expect(api.callsOf("list", "nodes")).toEqual([]);
  });

  it("looks where it may, and says where it may not", async () => {
    api.store.put("namespaces", { metadata: { name: "closed" } });
    api.fail(({ resource, namespace }) => resource === "pods" && namespace !== "demo", forbidden);
    const { code, stderr } = await audit();
    expect(stderr).toMatch(/not looked at: namespace closed: .*grant "list" on pods in namespace closed/);
    expect(code).toBe(3);
  });

  it.each([
    [["-o", "yaml"], "-o yaml is not known: use table, json"],
    [["-n", "Not A Name"], "cannot be the name of a namespace"],
    [["--kubeconfig", join("/nowhere", "config")], "/nowhere/config"],
    [["--config", join(temporaryFolder(), "none.yaml")], "none.yaml"],
    [["pods"], 'unexpected argument "pods"'],
  ])("%j is wrong", async (argv, words) => {
    const { code, stderr, stdout } = await audit(...argv);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(words)]);
  });

  it("says that nobody answers", async () => {
    await api.stop();
    const { code, stderr } = await audit();
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^sluice audit: .*ECONNREFUSED/)]);
  });

  it("helps", async () => {
    const { code, stdout } = await audit("--help");
    expect([code, stdout]).toEqual([0, expect.stringContaining("sluice audit [OPTIONS]")]);
  });
});
