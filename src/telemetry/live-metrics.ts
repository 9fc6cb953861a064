import { Counter, Gauge, type Registry } from "prom-client";

/** How one resource of a live cluster is doing. */
export interface ResourceContact {
  /** "datasets.data.fluid.io". */
  readonly resource: string;
  /** Milliseconds since 1970; undefined where there is nothing to be in contact with. */
  readonly lastContact: number | undefined;
  /** Since the start. */
  readonly restarts: number;
}

/** Metrics that only a server on a live cluster has. */
export interface LiveMetrics {
  setResource(contact: ResourceContact): void;
  /** How many objects were read past the watch since the start, by what that came to. */
  setLiveReads(counts: object): void;
  setAuthorityExpiry(notAfter: Date): void;
  /** Something that was done by itself for the certificates or the caBundle. */
  countCertificateAction(action: string): void;
  /** The one of `states` that holds now. */
  setRegistration(state: string, states: readonly string[]): void;
}

export function createLiveMetrics(registers: Registry[]): LiveMetrics {
  const lastContact = new Gauge({
    name: "sluice_watch_last_contact_timestamp_seconds",
    help: "When anything last arrived from the API server, in seconds since 1970.",
    labelNames: ["resource"],
    registers,
  });
  const restarts = new Counter({
    name: "sluice_watch_restarts_total",
    help: "Watches that ended before their time, and lists that failed.",
    labelNames: ["resource"],
    registers,
  });
  const liveReads = new Counter({
    name: "sluice_live_reads_total",
    help: "Objects read past the watch before a refusal, by what that came to.",
    labelNames: ["result"],
    registers,
  });
  const authorityExpiry = new Gauge({
    name: "sluice_authority_expiry_timestamp_seconds",
    help: "When the authority that signs the serving certificate expires, in seconds since 1970.",
    registers,
  });
  const actions = new Counter({
    name: "sluice_certificate_actions_total",
    help: "What was done by itself for certificates and caBundle, such as bundle-repaired.",
    labelNames: ["action"],
    registers,
  });
  const registration = new Gauge({
    name: "sluice_registration_state",
    help: "1 for the state of the MutatingWebhookConfiguration: trusted, distrusted, missing or unknown.",
    labelNames: ["state"],
    registers,
  });
  return {
    setResource: (contact) => {
      const { resource } = contact;
      if (contact.lastContact === undefined) lastContact.remove({ resource });
      else lastContact.set({ resource }, contact.lastContact / 1000);
      setTotal(restarts, { resource }, contact.restarts);
    },
    setLiveReads: (counts) => {
      for (const [result, count] of Object.entries(counts)) setTotal(liveReads, { result }, Number(count));
    },
    setAuthorityExpiry: (notAfter) => authorityExpiry.set(notAfter.getTime() / 1000),
    countCertificateAction: (action) => actions.inc({ action }),
    setRegistration: (state, states) => {
      for (const one of states) registration.set({ state: one }, one === state ? 1 : 0);
    },
  };
}

/** A counter that somebody else counts. */
function setTotal(counter: Counter, labels: Readonly<Record<string, string>>, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}
