import { request } from "node:https";
import { createInterface } from "node:readline";
import { apiServerAddress, type ControlPlane } from "../../e2e/harness/control-plane.ts";
import { fieldsOf, textAt } from "../../e2e/harness/fields.ts";

/** A watch on the pods that have a node. */
export interface BoundPods {
  /** Resolves with the moment (`performance.now()`) at which the last of all was bound; rejects when it takes too long. */
  readonly all: Promise<number>;
  close(): void;
}

const withinMs = 120_000;

/** Watches until `count` pods with the label "app" are bound. Resolves when it is listening. */
export function watchBound(
  { gateway, pki }: ControlPlane,
  namespace: string,
  app: string,
  count: number,
): Promise<BoundPods> {
  const query = new URLSearchParams({
    watch: "true",
    labelSelector: `app=${app}`,
    fieldSelector: "spec.nodeName!=",
  });
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        agent: gateway.httpsAgent(apiServerAddress, pki.admin),
        host: "kubernetes",
        path: `/api/v1/namespaces/${namespace}/pods?${query}`,
        // Names are enough, and whole pods would cost both sides what they need for their work.
        headers: { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" },
      },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`watching pods: ${response.statusCode}`));
        const bound = new Set<string>();
        const all = new Promise<number>((done, fail) => {
          const late = () => fail(new Error(`${bound.size} of ${count} pods were bound in time`));
          const timer = setTimeout(late, withinMs);
          const lines = createInterface({ input: response });
          lines.on("line", (line) => {
            bound.add(textAt(fieldsOf(JSON.parse(line)), "object", "metadata", "name"));
            if (bound.size < count) return;
            clearTimeout(timer);
            done(performance.now());
          });
          for (const end of ["close", "error"])
            lines.on(end, () => {
              clearTimeout(timer);
              late();
            });
        });
        all.catch(() => undefined);
        resolve({ all, close: () => asked.destroy() });
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}
