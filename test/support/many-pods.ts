import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Pod } from "kubernetes-types/core/v1";
import { injected, mounting } from "./finishing-pod.ts";
import { fluidDataset } from "./fluid-dataset.ts";

export interface ManyPods {
  readonly count: number;
  /** Every so many pods one was never injected. */
  readonly missedEvery: number;
}

const claim = { name: "data", persistentVolumeClaim: { claimName: "data" } };
const served = injected(
  { containers: [mounting("app", "data")], volumes: [claim], nodeName: "node-a" },
  {},
  [fluidDataset("data")],
  { sidecar: "native" },
);
const bare: Pod = { metadata: {}, spec: { containers: [mounting("app", "data")], volumes: [claim] } };
// As much as an API server keeps for who wrote what.
const managedFields = [{ manager: "kubelet", fieldsV1: { "f:status": "x".repeat(2_000) } }];
const running = { state: { running: { startedAt: "2026-01-01T00:00:00Z" } }, ready: true, restartCount: 0 };

/**
 * An API server with nothing but pods, `count` of them in namespace default, and what is said for other paths. The pods
 * are made as they are asked for: none are kept here.
 */
export async function serveManyPods(
  { count, missedEvery }: ManyPods,
  others: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly url: string; readonly pages: () => number; close(): Promise<void> }> {
  let pages = 0;
  const [withClient, without] = [served, bare].map((pod) => textOf(pod));
  const podText = (index: number): string => {
    const text = index % missedEvery === 0 ? without : withClient;
    return (text ?? "").replaceAll("pod-NUMBER", `pod-${index}`);
  };
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://api");
    response.setHeader("content-type", "application/json");
    if (searchParams.get("watch") === "true") {
      response.flushHeaders();
      return;
    }
    const other = others[pathname];
    if (!/\/pods$/.test(pathname)) {
      response.statusCode = other === undefined ? 404 : 200;
      response.end(JSON.stringify(other ?? { kind: "Status", code: 404, message: "not found" }));
      return;
    }
    pages += 1;
    const first = Number(searchParams.get("continue") ?? 0);
    const end = Math.min(count, first + Number(searchParams.get("limit") ?? count));
    const items = Array.from({ length: end - first }, (_, at) => podText(first + at));
    const next = end < count ? `,"continue":"${end}"` : "";
    response.end(`{"kind":"PodList","metadata":{"resourceVersion":"1"${next}},"items":[${items.join(",")}]}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const { port } = isAddress(address) ? address : { port: 0 };
  return {
    url: `http://127.0.0.1:${port}`,
    pages: () => pages,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function textOf({ metadata, spec }: Pod): string {
  const statuses = (list: readonly { readonly name: string }[] = []) =>
    list.map(({ name }) => ({ name, image: "image", imageID: "id", started: true, ...running }));
  return JSON.stringify({
    metadata: {
      ...metadata,
      name: "pod-NUMBER",
      namespace: "default",
      uid: "uid-pod-NUMBER",
      resourceVersion: "1",
      managedFields,
    },
    spec: { ...spec, nodeName: "node-a" },
    status: {
      phase: "Running",
      initContainerStatuses: statuses(spec?.initContainers),
      containerStatuses: statuses(spec?.containers),
    },
  });
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
