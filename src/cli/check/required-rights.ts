import { builtInResources, fluidResources } from "../../cluster/api-resources.ts";
import type { Config } from "../../config.ts";

/** One verb on one resource, for a ServiceAccount. */
export interface Right {
  readonly verb: string;
  /** "" for the core group. */
  readonly group: string;
  readonly resource: string;
  /** One object of that name only. */
  readonly name?: string;
  /** In that namespace only. */
  readonly namespace?: string;
}

/**
 * All that the webhook's ServiceAccount, in `namespace`, has to be allowed, and nothing that it has not. The chart grants
 * the same.
 */
export function requiredRights(
  namespace: string,
  { certificates, pluginProfile, juicefs }: Pick<Config, "certificates" | "pluginProfile" | "juicefs">,
): Right[] {
  const own = certificates.source === "own";
  const keeps = (certificates.caBundle ?? (own ? "ours" : "external")) === "ours";
  const read = [...builtInResources, ...fluidResources].flatMap(({ group, plural }) =>
    ["get", "list", "watch"].map((verb) => ({ verb, group, resource: plural })),
  );
  const ofRegistration = (resource: string, name: string) =>
    ["get", "list", "watch", ...(keeps ? ["patch"] : [])].map((verb) => ({
      verb,
      group: "admissionregistration.k8s.io",
      resource,
      name,
    }));
  const { webhookConfiguration, validatingWebhookConfiguration } = certificates;
  const registration = [
    ...ofRegistration("mutatingwebhookconfigurations", webhookConfiguration),
    ...(validatingWebhookConfiguration === undefined
      ? []
      : ofRegistration("validatingwebhookconfigurations", validatingWebhookConfiguration)),
  ];
  const secrets = { group: "", resource: "secrets", namespace };
  const secret = own
    ? [
        { verb: "create", ...secrets },
        ...["get", "watch", "update"].map((verb) => ({ verb, ...secrets, name: certificates.secret })),
      ]
    : [];
  const profile = ["get", "list", "watch"].map((verb) => ({
    verb,
    group: "",
    resource: "configmaps",
    ...pluginProfile,
  }));
  const ofJuicefs = ["get", "list", "watch"].flatMap((verb) => [
    { verb, group: "", resource: "configmaps", name: juicefs.configMap.name },
    { verb, group: "", resource: "configmaps", namespace: juicefs.factsNamespace },
  ]);
  return [...read, ...registration, ...secret, ...profile, ...(juicefs.enabled ? ofJuicefs : [])];
}

/** "get secrets sluice-certs". */
export function describeRight({ verb, group, resource, name }: Right): string {
  return [verb, group === "" ? resource : `${resource}.${group}`, name].filter(Boolean).join(" ");
}
