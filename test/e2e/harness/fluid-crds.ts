import { fluidGroup, fluidResources } from "../../../src/cluster/api-resources.ts";

/** Fluid's kinds as far as a cluster needs them to store objects: any field, and a status of its own. */
export function fluidCrds(): { readonly metadata: { readonly name: string } }[] {
  return fluidResources.map(({ kind, plural, group, version }) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group: fluidGroup,
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
  }));
}
