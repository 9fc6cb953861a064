/** The names that a serving certificate is made out to. */
export interface ServingNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/**
 * The names for a Service: its own, the local ones, and the one of Fluid's webhook, so that its registration can be
 * pointed at us.
 */
export function servingNames(service: string, namespace: string): ServingNames {
  return {
    dns: [
      "localhost",
      service,
      `${service}.${namespace}`,
      `${service}.${namespace}.svc`,
      "fluid-pod-admission-webhook.fluid-system.svc",
    ],
    ip: ["127.0.0.1", "::1"],
  };
}

/** Those of the Service that the chart installs by default. */
export const defaultServingNames: ServingNames = servingNames("sluice", "sluice-system");
