import type { Pod } from "kubernetes-types/core/v1";
import { juicefs } from "./labels.ts";

/** How the JuiceFS CSI driver's own webhook was called: its path says whether directories of the node may be used. */
export type JuicefsWay = "node" | "serverless";

/** What asks for the claims of the JuiceFS CSI driver in the driver's own words. */
export interface JuicefsAsk {
  /** "namespace label juicefs.com/enable-injection=true"; undefined when nothing asks. */
  readonly by?: string;
  /** The label by which the pod wants none of it. */
  readonly optedOutBy?: string;
  /** Clients may keep their cache on the node. */
  readonly hostPaths: boolean;
}

/**
 * Reads the driver's labels, which count with the value "true" and no other. Of its two modes the serverless one counts
 * where both are asked for. (juicefs-csi-driver: pkg/webhook/handler, deploy/webhook.yaml.)
 */
export function askOfJuicefs(
  { metadata }: Pod,
  namespaceLabels: Readonly<Record<string, string>>,
  way: JuicefsWay | undefined,
): JuicefsAsk {
  const serverless = namespaceLabels[juicefs.serverlessInjection] === "true";
  const onNode = namespaceLabels[juicefs.injection] === "true";
  const hostPaths = !serverless && (onNode || way === "node") && way !== "serverless";
  if (metadata?.labels?.[juicefs.disable] === "true")
    return { optedOutBy: `label ${juicefs.disable}=true`, hostPaths };
  if (serverless) return { by: `namespace label ${juicefs.serverlessInjection}=true`, hostPaths };
  if (onNode) return { by: `namespace label ${juicefs.injection}=true`, hostPaths };
  return way === undefined
    ? { hostPaths }
    : { by: "the path of the JuiceFS CSI driver's webhook", hostPaths };
}
