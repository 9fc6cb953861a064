import type { ApiClient } from "./api-client.ts";
import { eventually } from "./eventually.ts";
import { addObject } from "./objects.ts";

export interface CustomKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** A kind with namespaces, as far as a cluster needs it to store objects: any field, and a status of its own. */
export function customKind({ group, version, kind, plural }: CustomKind) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
}

/** Resolves when objects of these kinds can be made. */
export async function addCustomKinds(api: ApiClient, kinds: readonly CustomKind[]): Promise<void> {
  await Promise.all(kinds.map((kind) => addObject(api, customKind(kind))));
  await eventually(`${kinds.map(({ kind }) => kind).join(", ")} are served`, async () => {
    await Promise.all(
      kinds.map(({ group, version, plural }) => api.list(`/apis/${group}/${version}/${plural}`)),
    );
    return true;
  });
}
