import { readFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { type Fields, textAt } from "../harness/fields.ts";
import { clientsOf, podOf } from "../harness/pods.ts";
import type { TestCluster } from "../harness/test-cluster.ts";

const page = readFileSync(new URL("../../../docs/from-fluid.md", import.meta.url), "utf8");
const name = "fluid-pod-admission-webhook";
const registrations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const labels = { "serverless.fluid.io/inject": "true" };

/** The page's commands, as words, with a namespace of the test in place of the page's. */
function command(begin: string, place: readonly [string, string] = ["", ""]): string[] {
  const at = page.indexOf(`\n${begin}`) + 1;
  const block = page.slice(at, page.indexOf("\n```", at)).replaceAll(place[0] || "\0", place[1]);
  return [...block.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "").slice(1);
}

/** Nobody answers there, so that whoever is sent to Fluid's webhook is refused. */
const fluid = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name },
  webhooks: [
    ["sidecar.fuse.fluid.io", "serverless.fluid.io/inject"],
    ["fuse.serverful.fluid.io", "fuse.serverful.fluid.io/inject"],
  ].map(([entry, label = ""]) => ({
    name: entry,
    clientConfig: {
      service: { name, namespace: "fluid-system", path: "/mutate-fluid-io-v1alpha1-schedulepod", port: 9443 },
    },
    objectSelector: { matchLabels: { [label]: "true" } },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    failurePolicy: "Fail",
    sideEffects: "None",
    reinvocationPolicy: "IfNeeded",
    timeoutSeconds: 2,
    admissionReviewVersions: ["v1"],
  })),
};

export function fromFluidCases(cluster: () => TestCluster): void {
  it("goes by the commands of docs/from-fluid.md, one namespace after the other, without a gap", async () => {
    const { api, kubectl } = cluster();
    await cluster().addNamespace("serving", {});
    onTestFinished(() => api.remove(`${registrations}/${name}`));
    await api.createAnew(registrations, fluid);
    await eventually("pods go to Fluid's webhook", async () =>
      (await send(cluster(), "demo")).startsWith("500"),
    );
    expect(await send(cluster(), "demo")).toContain("sidecar.fuse.fluid.io");

    await kubectl.do(command(`kubectl patch mutatingwebhookconfiguration ${name}`, ["research", "demo"]));
    await eventually(
      "demo is served by Sluice",
      async () => (await send(cluster(), "demo")) === "fluid-fuse-0",
    );
    expect(await send(cluster(), "serving")).toContain("sidecar.fuse.fluid.io");

    const second = page.indexOf("**3. Hand over the others**");
    const patch = page.slice(second).match(/kubectl patch[^']*'([^']*)'/)?.[1] ?? "";
    await kubectl.do(["patch", "mutatingwebhookconfiguration", name, "--type=json", "-p", patch]);
    // No dataset is there, and it is Sluice that says so.
    await eventually("serving is served by Sluice", async () =>
      (await send(cluster(), "serving")).includes("claim serving/imagenet does not exist"),
    );
    expect(await send(cluster(), "demo")).toBe("fluid-fuse-0");

    await kubectl.do(command(`kubectl delete mutatingwebhookconfiguration ${name}`));
    expect((await api.send("GET", `${registrations}/${name}`)).status).toBe(404);
    expect(await send(cluster(), "demo")).toBe("fluid-fuse-0");
  });
}

/** The clients that a pod gets there, or why it is refused; it is not really made. */
async function send(cluster: TestCluster, namespace: string): Promise<string> {
  const pod: Fields = podOf("try", { namespace, claims: ["imagenet"], labels });
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const { status, body } = await cluster.api.send("POST", path, pod);
  return status < 300 ? clientsOf(body).join(",") : `${status} ${textAt(body, "message")}`;
}
