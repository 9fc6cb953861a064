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

/** Metrics of whatever follows an API server. */
export interface WatchMetrics {
  setResource(contact: ResourceContact): void;
}

/** Defines the metrics of watches in `registers`. */
export function createWatchMetrics(registers: Registry[]): WatchMetrics {
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
  return {
    setResource: (contact) => {
      const { resource } = contact;
      if (contact.lastContact === undefined) lastContact.remove({ resource });
      else lastContact.set({ resource }, contact.lastContact / 1000);
      setTotal(restarts, { resource }, contact.restarts);
    },
  };
}

/** A counter that somebody else counts. */
export function setTotal(counter: Counter, labels: Readonly<Record<string, string>>, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}
