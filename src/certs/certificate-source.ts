/** A certificate to serve with, as PEM. */
export interface ServingCertificate {
  readonly key: string;
  /** The certificate, followed by its intermediates if there are any. */
  readonly cert: string;
  /** The authority that callers have to trust, where it is known. */
  readonly ca?: string;
  readonly notAfter: Date;
}

/** Where the serving certificate comes from. It stays current by itself. */
export interface CertificateSource {
  readonly current: ServingCertificate;
  /** Calls `listener` each time another certificate is to be served. */
  onChange(listener: (certificate: ServingCertificate) => void): void;
  close(): void;
}
