/** Limits of the HTTPS server; all times in milliseconds. */
export interface ServerLimits {
  readonly bodyBytes: number;
  /** What the bodies of all requests that are not answered yet may take together. */
  readonly heldBytes: number;
  /** Open at once; one more is closed at once. */
  readonly connections: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  readonly headersMs: number;
  readonly handshakeMs: number;
  /** Without a byte in either direction while a request is under way. */
  readonly inactivityMs: number;
  readonly keepAliveMs: number;
  /** How often connections are looked at for `requestMs` and `headersMs`. */
  readonly checkMs: number;
}

/** What a replica is made for; tests set smaller ones. */
export const defaultLimits: ServerLimits = {
  // A review carries the new and the old object, each up to etcd's 1.5 MB (controller-runtime: pkg/webhook/admission).
  bodyBytes: 7 * 1024 * 1024,
  // Parsing takes several times as much, and the chart gives a replica 512 MiB.
  heldBytes: 48 * 1024 * 1024,
  // About 25 kB each. API servers have some dozens open.
  connections: 4_096,
  requestMs: 30_000,
  headersMs: 10_000,
  handshakeMs: 10_000,
  inactivityMs: 35_000,
  // The API server keeps idle connections for 90 s and must be the one to close them, or a review is lost.
  keepAliveMs: 100_000,
  checkMs: 5_000,
};
