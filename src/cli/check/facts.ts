import type { X509Certificate } from "node:crypto";
import type { RawObject } from "../../cluster/raw-fields.ts";
import type { Config } from "../../config.ts";
import type { MetricSample } from "./parse-metrics.ts";
import type { Right } from "./required-rights.ts";

/** Something that was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** The certificate that a server proves itself by. */
export interface ServedChain {
  readonly serving: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

/** What a replica tells of itself on its ops port. */
export interface OpsReport {
  /** What readiness waits for; undefined when it is ready. */
  readonly notReady: string | undefined;
  readonly metrics: readonly MetricSample[];
  /** The replica's own clock, in milliseconds since 1970. */
  readonly now: number;
}

/** One of our pods. */
export interface ReplicaFacts {
  readonly name: string;
  readonly served: Reading<ServedChain>;
  readonly ops: Reading<OpsReport>;
}

export interface RightAnswer {
  readonly right: Right;
  readonly allowed: boolean;
}

/** All that the checks look at. Objects are as the API server gave them; undefined where there is none. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where Sluice is installed. */
  readonly namespace: string;
  readonly serverVersion: Reading<string>;
  /** Kinds of Fluid's group. */
  readonly fluidKinds: Reading<ReadonlySet<string>>;
  /** All MutatingWebhookConfigurations. */
  readonly configurations: Reading<readonly RawObject[]>;
  readonly deployment: Reading<RawObject | undefined>;
  readonly service: Reading<RawObject | undefined>;
  /** EndpointSlices of our Service. */
  readonly endpointSlices: Reading<readonly RawObject[]>;
  readonly certificates: Config["certificates"];
  readonly replicas: Reading<readonly ReplicaFacts[]>;
  /** The certificate in our Secret: only asked for where no replica could be reached. */
  readonly storedCertificate?: Reading<ServedChain | undefined>;
  /** Undefined where there is no ServiceAccount to ask about. */
  readonly rights: Reading<readonly RightAnswer[]> | undefined;
  /** "system:serviceaccount:sluice-system:sluice". */
  readonly account: string;
  /** Namespaces that have the label by which they opt in, whatever its value. */
  readonly labelledNamespaces: Reading<readonly RawObject[]>;
  /** Pods with the mark of Fluid's webhook, which Sluice writes too. */
  readonly fluidPods: Reading<readonly RawObject[]>;
  /** The ConfigMap that is to be followed, and the one that Fluid's chart makes. */
  readonly pluginProfile: {
    readonly place: Config["pluginProfile"];
    readonly found: Reading<RawObject | undefined>;
    readonly ofFluid: Reading<RawObject | undefined>;
  };
  /** What claims of the JuiceFS CSI driver are served by. */
  readonly juicefs: {
    readonly config: Config["juicefs"];
    /** The driver's own configuration. */
    readonly driverConfig: Reading<RawObject | undefined>;
    /** Namespaces that ask by the driver's labels. */
    readonly namespaces: Reading<readonly RawObject[]>;
    /** ConfigMaps that tell of the Secrets of volumes. */
    readonly secrets: Reading<readonly RawObject[]>;
    /** PersistentVolumes of the driver. */
    readonly volumes: Reading<readonly RawObject[]>;
  };
  /** The background work, and the pods that are labelled to need it. */
  readonly controllers: {
    readonly enabled: boolean;
    readonly deployment: Reading<RawObject | undefined>;
    readonly lease: Reading<RawObject | undefined>;
    readonly pods: Reading<readonly RawObject[]>;
  };
  /** Our ValidatingWebhookConfiguration, where one should be. */
  readonly validation?: { readonly name: string; readonly found: Reading<RawObject | undefined> } | undefined;
  readonly policy: Reading<RawObject | undefined>;
  readonly policyBinding: Reading<RawObject | undefined>;
}

/** What was read, or undefined where it could not be. */
export function known<T>(reading: Reading<T> | undefined): T | undefined {
  return reading !== undefined && "value" in reading ? reading.value : undefined;
}
