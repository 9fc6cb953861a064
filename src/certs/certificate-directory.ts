import { join } from "node:path";
import { messageOf } from "../types/error-message.ts";
import { type CertificateFiles, readCertificateFiles, writeCertificateFiles } from "./certificate-files.ts";
import type { CertificateSource, ServingCertificate } from "./certificate-source.ts";
import { CertificateFilesError, checkPair, coversNames, lifeLeft } from "./check-pair.ts";
import { issueAuthority, issueServingPair, type KeyPair } from "./issue-pair.ts";
import type { ServingNames } from "./serving-names.ts";

export interface CertificateDirectoryOptions {
  readonly names: ServingNames;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often the files are looked at, in milliseconds. */
  readonly pollMs: number;
  /**
   * Told once of each new problem with the files, while the certificate of before is still served, and with
   * `undefined` when it is over.
   */
  readonly onProblem: (message: string | undefined) => void;
}

/**
 * Serves from `ca.crt`, `ca.key`, `tls.crt` and `tls.key` in a folder. What is missing is made there; what we made
 * (there is a `ca.key`) is made again when less than a third of its life is left or a name is missing; what somebody
 * else put there is never written over. Files are compared by content, for Secret volumes swap a symbolic link.
 *
 * Throws `CertificateFilesError` when there is nothing to serve with.
 */
export async function openCertificateDirectory(
  directory: string,
  options: CertificateDirectoryOptions,
): Promise<CertificateSource> {
  const listeners: ((certificate: ServingCertificate) => void)[] = [];
  let current = await settle(directory, options);
  let problem: string | undefined;
  let polling = false;

  const poll = async () => {
    if (polling) return;
    polling = true;
    try {
      const next = await settle(directory, options, current);
      if (problem !== undefined) options.onProblem(undefined);
      problem = undefined;
      if (next.cert === current.cert && next.key === current.key) return;
      current = next;
      for (const listener of listeners) listener(next);
    } catch (error) {
      const message = messageOf(error);
      if (message !== problem) options.onProblem(`${message}; the certificate of before is still served`);
      problem = message;
    } finally {
      polling = false;
    }
  };
  const timer = setInterval(() => void poll(), options.pollMs).unref();

  return {
    get current() {
      return current;
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

/** The certificate to serve now. Only at the start, when nothing is `served` yet, a whole new set is made. */
async function settle(
  directory: string,
  options: CertificateDirectoryOptions,
  served?: ServingCertificate,
): Promise<ServingCertificate> {
  const files = await readCertificateFiles(directory);
  if (files["ca.key"] !== undefined) return ownCertificate(directory, files, options);
  if (files["tls.crt"] !== undefined || files["tls.key"] !== undefined)
    return providedCertificate(directory, files, options);
  if (served !== undefined)
    throw new CertificateFilesError(`tls.crt and tls.key have gone from ${directory}: put them back`);
  if (files["ca.crt"] !== undefined) {
    throw new CertificateFilesError(
      `${join(directory, "tls.crt")} is missing beside ca.crt: put tls.crt and tls.key there, or remove ca.crt to have all made`,
    );
  }
  return issue(directory, undefined, options);
}

function providedCertificate(
  directory: string,
  files: CertificateFiles,
  options: CertificateDirectoryOptions,
): ServingCertificate {
  const certificate = servingPair(directory, files);
  if (lifeLeft(certificate.parsed, options.now()) <= 0) {
    throw new CertificateFilesError(
      `${join(directory, "tls.crt")} expired on ${certificate.parsed.validTo}: put a new pair there, or remove tls.crt, tls.key and ca.crt to have one made`,
    );
  }
  return toServe(certificate.pair, files["ca.crt"], certificate.parsed.validTo);
}

async function ownCertificate(
  directory: string,
  files: CertificateFiles,
  options: CertificateDirectoryOptions,
): Promise<ServingCertificate> {
  const authority = pairOf(directory, files, "ca.crt", "ca.key");
  const parsedAuthority = checkPair(authority, join(directory, "ca.crt"), join(directory, "ca.key"));
  const authorityLasts = lifeLeft(parsedAuthority, options.now()) > 1 / 3;
  const reusable = authorityLasts ? authority : undefined;
  if (files["tls.crt"] === undefined && files["tls.key"] === undefined)
    return issue(directory, reusable, options);

  const serving = servingPair(directory, files);
  if (!serving.parsed.verify(parsedAuthority.publicKey)) {
    throw new CertificateFilesError(
      `${join(directory, "tls.crt")} is not signed by the ca.crt beside it: remove ca.key to have it served as it is, or tls.crt and tls.key to have a new pair made`,
    );
  }
  const lasts = lifeLeft(serving.parsed, options.now()) > 1 / 3 && coversNames(serving.parsed, options.names);
  if (!lasts || reusable === undefined) return issue(directory, reusable, options);
  return toServe(serving.pair, authority.cert, serving.parsed.validTo);
}

async function issue(
  directory: string,
  authority: KeyPair | undefined,
  options: CertificateDirectoryOptions,
): Promise<ServingCertificate> {
  const signer = authority ?? (await issueAuthority(options.now()));
  const pair = await issueServingPair(signer, options.names, options.now());
  await writeCertificateFiles(directory, {
    ...(authority === undefined ? { "ca.crt": signer.cert, "ca.key": signer.key } : {}),
    "tls.crt": pair.cert,
    "tls.key": pair.key,
  });
  const parsed = checkPair(pair, join(directory, "tls.crt"), join(directory, "tls.key"));
  return toServe(pair, signer.cert, parsed.validTo);
}

function servingPair(directory: string, files: CertificateFiles) {
  const pair = pairOf(directory, files, "tls.crt", "tls.key");
  return { pair, parsed: checkPair(pair, join(directory, "tls.crt"), join(directory, "tls.key")) };
}

function pairOf(
  directory: string,
  files: CertificateFiles,
  certName: "ca.crt" | "tls.crt",
  keyName: "ca.key" | "tls.key",
): KeyPair {
  const cert = files[certName];
  const key = files[keyName];
  if (cert !== undefined && key !== undefined) return { cert, key };
  const [missing, present] = cert === undefined ? [certName, keyName] : [keyName, certName];
  throw new CertificateFilesError(
    `${join(directory, missing)} is missing beside ${present}: put it there, or remove ${present} to have a new pair made`,
  );
}

function toServe(pair: KeyPair, ca: string | undefined, validTo: string): ServingCertificate {
  return { ...pair, ...(ca === undefined ? {} : { ca }), notAfter: new Date(validTo) };
}
