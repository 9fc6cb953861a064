import type { Pod } from "kubernetes-types/core/v1";
import type { Config } from "../config.ts";
import type { Finding } from "../types/reason.ts";
import type { Mode } from "./decision.ts";
import { fluid, juicefs, sluice } from "./labels.ts";
import { askOfJuicefs, type JuicefsAsk, type JuicefsWay } from "./select-juicefs.ts";

/** Whether a pod asks to be served, how, and by what it asks. */
export type Selection =
  | { readonly asks: false; readonly finding: Finding }
  | {
      readonly asks: true;
      readonly mode: Mode;
      readonly by: string;
      /** A label of Fluid's on the pod asks for it, so that Fluid's plugin profile has its say. */
      readonly fluidLabel: boolean;
      /** Fluid's datasets are asked for. */
      readonly fluid: boolean;
      /** Claims of the JuiceFS CSI driver are asked for. */
      readonly juicefs?: JuicefsAsk | undefined;
      readonly findings: readonly Finding[];
    };

/** What of the configuration counts. */
export type SelectionConfig = Pick<Config, "mode"> & Partial<Pick<Config, "injection" | "platformLabel">>;

const disabled: Finding = {
  code: "injection-disabled",
  message: "injection is switched off for the whole cluster (injection: disabled, or DISABLE_INJECTION)",
};

/**
 * Reads the labels that opt a pod in or out. Fluid's labels mean what they mean to Fluid; where two of them contradict
 * each other the order is Fluid's (pkg/webhook/handler/mutating/mutating_handler.go): sidecar before csi.
 * `mode` is what the pod's own annotation asks for. Our own labels ask for both families of datasets, those of Fluid and
 * of the JuiceFS CSI driver for their own; `way` is the path of that driver's webhook, where it was that which was called.
 */
export function select(
  pod: Pod,
  namespaceLabels: Readonly<Record<string, string>>,
  mode: Mode | undefined,
  config: SelectionConfig,
  way?: JuicefsWay,
): Selection {
  const labels = pod.metadata?.labels ?? {};
  if (config.injection === "disabled") return { asks: false, finding: disabled };
  const out = optedOut(labels);
  if (out !== undefined)
    return { asks: false, finding: { code: "opted-out", message: `the pod opts out by label ${out}` } };

  const serverless = serverlessLabel(labels, config.platformLabel);
  const serverful = labels[fluid.serverful] === "true" ? fluid.serverful : undefined;
  const own = labels[sluice.inject] === "true" ? `label ${sluice.inject}=true` : undefined;
  const ofNamespace =
    namespaceLabels[sluice.injection] === "enabled"
      ? `namespace label ${sluice.injection}=enabled`
      : undefined;
  const asked = serverless ?? serverful;
  const general = own ?? ofNamespace;
  const ofJuicefs = askOfJuicefs(pod, namespaceLabels, way);
  const by = asked === undefined ? (general ?? ofJuicefs.by) : `label ${asked}=${labels[asked]}`;
  if (by === undefined) return { asks: false, finding: notAsked(ofJuicefs, namespaceLabels) };
  const findings: Finding[] = [{ code: "opted-in", message: `asked for by ${by}` }];
  if (serverless !== undefined && serverful !== undefined && mode === undefined)
    findings.push({
      code: "contradicting-labels",
      message: `the pod carries ${serverless}=${labels[serverless]} and ${serverful}=true: the first one counts (sidecar); remove the other`,
    });
  const onlyJuicefs = asked === undefined && general === undefined;
  const implied = onlyJuicefs ? "sidecar" : impliedMode(serverless, serverful, config);
  const wanted = ofJuicefs.optedOutBy === undefined && (general !== undefined || ofJuicefs.by !== undefined);
  return {
    asks: true,
    mode: mode ?? implied,
    by,
    fluidLabel: asked !== undefined,
    fluid: !onlyJuicefs,
    ...(wanted ? { juicefs: ofJuicefs } : {}),
    findings,
  };
}

function notAsked({ optedOutBy }: JuicefsAsk, namespaceLabels: Readonly<Record<string, string>>): Finding {
  if (optedOutBy !== undefined && isOfJuicefs(namespaceLabels))
    return { code: "opted-out", message: `the pod opts out by ${optedOutBy}` };
  const message = `neither the pod nor its namespace opts in: label the namespace ${sluice.injection}=enabled, or the pod ${sluice.inject}=true`;
  return { code: "not-opted-in", message };
}

function isOfJuicefs(namespaceLabels: Readonly<Record<string, string>>): boolean {
  return [juicefs.injection, juicefs.serverlessInjection].some((key) => namespaceLabels[key] === "true");
}

/** The label by which a pod asks Fluid for sidecars; the one that names a platform does so with any value. */
function serverlessLabel(
  labels: Readonly<Record<string, string>>,
  platformLabel: string | undefined,
): string | undefined {
  if (labels[fluid.serverless] === "true") return fluid.serverless;
  if (labels[fluid.sidecar] === "true") return fluid.sidecar;
  return platformLabel !== undefined && labels[platformLabel] !== undefined ? platformLabel : undefined;
}

function impliedMode(
  serverless: string | undefined,
  serverful: string | undefined,
  config: SelectionConfig,
): Mode {
  if (serverless !== undefined) return "sidecar";
  return serverful === undefined ? config.mode : "csi";
}

function optedOut(labels: Readonly<Record<string, string>>): string | undefined {
  return [sluice.inject, fluid.enabled]
    .map((key) => `${key}=${labels[key]}`)
    .find((label) => label.endsWith("=false"));
}
