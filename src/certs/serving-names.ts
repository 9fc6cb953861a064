/** The names that a serving certificate is made out to. */
export interface ServingNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** Local names, our Service's, and the one of Fluid's webhook, so that its registration can be pointed at us. */
export const defaultServingNames: ServingNames = {
  dns: [
    "localhost",
    "sluice",
    "sluice.sluice-system",
    "sluice.sluice-system.svc",
    "fluid-pod-admission-webhook.fluid-system.svc",
  ],
  ip: ["127.0.0.1", "::1"],
};
