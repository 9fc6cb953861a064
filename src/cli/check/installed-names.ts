import { defaultConfig } from "../../config.ts";

/** Names that the chart gives to what it installs; they are fixed (manifests/chart/templates/_helpers.tpl). */
export const installed = {
  namespace: "sluice-system",
  registration: defaultConfig.certificates.webhookConfiguration,
  service: defaultConfig.certificates.service,
  deployment: "sluice",
  configMap: "sluice",
  configKey: "config.yaml",
  policy: "sluice",
  serviceAccount: "sluice",
  /** Deployment and Lease. */
  controllers: "sluice-controllers",
  controllersSelector: "app.kubernetes.io/name=sluice,app.kubernetes.io/component=controllers",
  podSelector: "app.kubernetes.io/name=sluice,app.kubernetes.io/component=webhook",
} as const;

/** The name by which the API server calls the Service, and which a certificate has to be made out to. */
export function serverName(namespace: string): string {
  return `${installed.service}.${namespace}.svc`;
}
