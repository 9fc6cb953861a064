import type { TlsIdentity } from "../../e2e/harness/gateway.ts";

/** What the load process is told, one line of JSON each. */
export type LoadCommand =
  | { readonly do: "connect"; readonly address: string; readonly tls: TlsIdentity }
  | CreatePods
  | CreateDatasets;

/** Pods are created by `workers` at once, as a dry run, for `seconds` and at least one by each. */
export interface CreatePods {
  readonly do: "create pods";
  /** In turn. */
  readonly pods: readonly { readonly namespace: string; readonly body: string }[];
  readonly workers: number;
  /** Before anything counts: until all connections are open and the processor has settled. */
  readonly settleSeconds: number;
  readonly seconds: number;
  /** Whether a pod has to come back with a client. */
  readonly served: boolean;
}

/** The datasets number `from` up to but without `to` are created, as Fluid leaves them in a cluster. */
export interface CreateDatasets {
  readonly do: "create datasets";
  readonly from: number;
  readonly to: number;
  readonly namespaces: number;
  readonly workers: number;
}

/** What it answers, one line of JSON each; "done" ends the answer to a command. */
export type LoadAnswer =
  | { readonly said: LoadMark }
  | { readonly said: "progress"; readonly done: number }
  | { readonly said: "failed"; readonly message: string }
  | { readonly said: "done"; readonly created?: Created };

/** What is created begins to count, and counts no more. */
export type LoadMark = "begun" | "ended";

export interface Created {
  readonly pods: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}
