import type { IncomingMessage } from "node:http";
import { type Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { apiServerAddress, type ControlPlane } from "../../e2e/harness/control-plane.ts";
import { fieldsOf, textAt } from "../../e2e/harness/fields.ts";

const withinMs = 120_000;

/**
 * Watches until `count` pods with the label "app" have a node. Resolves when it is listening; `all` resolves with the
 * moment (`performance.now()`) at which the last was bound, and rejects when that takes too long.
 */
export async function watchBound(
  { gateway, pki }: ControlPlane,
  namespace: string,
  app: string,
  count: number,
): Promise<{ readonly all: Promise<number> }> {
  const query = new URLSearchParams({
    watch: "true",
    labelSelector: `app=${app}`,
    fieldSelector: "spec.nodeName!=",
  });
  const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
  const agent = gateway.httpsAgent(apiServerAddress, pki.admin);
  const bound = new Set<string>();
  let watch = await open(agent, path);
  const late = performance.now() + withinMs;
  const timer = setTimeout(() => watch.destroy(), withinMs);

  const readAll = async (): Promise<number> => {
    while (!(await readSome(watch, bound, count))) {
      if (performance.now() > late)
        throw new Error(`${bound.size} of ${count} pods of ${app} were bound in time`);
      // The API server ends watches that cannot follow; the next one begins with all there are.
      watch = await open(agent, path);
    }
    return performance.now();
  };
  const all = readAll().finally(() => {
    clearTimeout(timer);
    watch.destroy();
  });
  // Whoever waits for it is told.
  all.catch(() => undefined);
  return { all };
}

function open(agent: Agent, path: string): Promise<IncomingMessage> {
  // Names are enough, and whole pods would cost both sides what they need for their work.
  const headers = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: "kubernetes", path, headers }, (response) => {
      response.on("error", () => undefined);
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`watching pods: HTTP status ${response.statusCode}`));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Adds the names that a watch tells to `bound`, until these are `count` (true) or the watch ends. */
function readSome(watch: IncomingMessage, bound: Set<string>, count: number): Promise<boolean> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: watch });
    for (const end of ["close", "error"]) lines.on(end, () => resolve(false));
    lines.on("line", (line) => {
      const event = fieldsOf(JSON.parse(line));
      if (event["type"] === "ERROR") return;
      bound.add(textAt(event, "object", "metadata", "name"));
      if (bound.size >= count) resolve(true);
    });
  });
}
