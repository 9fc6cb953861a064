import type { EventEmitter } from "node:events";
import type { Server } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { CertificateSource, ServingCertificate } from "../certs/certificate-source.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

const complaintIntervalMs = 60_000;

/** As Node's TLS takes them; nothing older than TLS 1.2 is spoken. */
export function secureContextOptions(certificate: ServingCertificate): SecureContextOptions {
  return { key: certificate.key, cert: certificate.cert, minVersion: "TLSv1.2" };
}

/** Serves new connections with each certificate that `source` comes up with; connections that are open go on. */
export function followCertificate(
  server: Server,
  source: CertificateSource,
  log: Log,
  metrics: Metrics,
): void {
  metrics.setCertificateExpiry(source.current.notAfter);
  source.onChange((certificate) => {
    server.setSecureContext(secureContextOptions(certificate));
    metrics.setCertificateExpiry(certificate.notAfter);
    log.info({ notAfter: certificate.notAfter }, "serving with a new certificate");
  });
}

/** Says, at most once a minute, that callers break off because they do not trust the certificate. */
export function reportDistrust(server: EventEmitter, log: Log, now: () => number): void {
  let saidAt = Number.NEGATIVE_INFINITY;
  server.on("tlsClientError", (error: Error) => {
    const code = "code" in error ? String(error.code) : error.message;
    if (!/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_)/.test(code)) {
      log.debug({ code }, "TLS handshake failed");
      return;
    }
    if (now() - saidAt < complaintIntervalMs) return;
    saidAt = now();
    log.warn(
      { code },
      "a caller does not trust our certificate: the caBundle it was given must hold our ca.crt",
    );
  });
}
