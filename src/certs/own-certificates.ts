import type { X509Certificate } from "node:crypto";
import { reasonOf } from "../cluster/api-error.ts";
import type { TrustNeeds } from "./bundle-check.ts";
import { type CertificateAction, type CertificateReport, ProblemTeller } from "./certificate-report.ts";
import type { CertificateSecret, StoredSecret } from "./certificate-secret.ts";
import {
  type CertificateSet,
  certificateSetData,
  parsedPair,
  readCertificateSet,
  UnsoundSetError,
} from "./certificate-set.ts";
import type { CertificateSource, ServingCertificate } from "./certificate-source.ts";
import { followChanges } from "./follow-changes.ts";
import { issueServingPair } from "./issue-pair.ts";
import { alsoTrusting, makeCertificateSet, takeStep } from "./make-certificates.ts";
import { distinct, expiresAt, includes, isValid, writeBundle } from "./pem-bundle.ts";
import { type CertificateLives, type CertificateStep, planCertificates } from "./plan-certificates.ts";
import { ServedCertificate, servingCertificate } from "./served-certificate.ts";
import type { ServingNames } from "./serving-names.ts";
import { startWorkLoop, type WorkLoop } from "./work-loop.ts";

export interface OwnCertificatesOptions {
  readonly secret: CertificateSecret;
  readonly names: ServingNames;
  readonly lives: CertificateLives;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often the Secret is looked at, in milliseconds, besides at each sign of a change. */
  readonly pollMs: number;
  /** Whether every API server has had time to see that this authority is to be trusted. */
  readonly isKnown: (authority: X509Certificate) => boolean;
  readonly report: CertificateReport;
  /** From 0 to 1, another for each replica. */
  readonly jitter: number;
  /** Told when the API server has to trust something else than before. */
  readonly onChange: () => void;
}

const actions: Readonly<Record<Exclude<CertificateStep, "keep">, CertificateAction>> = {
  "renew-serving": "serving-renewed",
  "announce-authority": "authority-announced",
  "change-authority": "authority-changed",
  forget: "expired-forgotten",
  "start-over": "started-over",
};

/** So many times in a row others may be faster; then it is looked at again later. */
const attempts = 5;

/**
 * Certificates that replicas make for themselves and share in a Secret. Whoever comes first makes them; after that
 * every replica does what is due, and a write that somebody else was faster with is forgotten and read instead. What is
 * served outlives whatever happens to the Secret, which is put right from memory.
 */
export class OwnCertificates implements CertificateSource {
  readonly #options: OwnCertificatesOptions;
  readonly #problem: ProblemTeller;
  readonly #closing = new AbortController();
  readonly #served = new ServedCertificate();
  /** What the Secret held when it was last sound. */
  #known: CertificateSet | undefined;
  #loop: WorkLoop | undefined;
  #watching: Promise<void> | undefined;

  constructor(options: OwnCertificatesOptions) {
    this.#options = options;
    this.#problem = new ProblemTeller(options.report, "certificate");
  }

  /** Begins to look after the Secret. */
  start(): void {
    this.#loop ??= startWorkLoop(() => this.#look(), this.#options.pollMs);
    const watch = (signal: AbortSignal) => this.#options.secret.watch(() => this.wake(), signal);
    this.#watching ??= followChanges(watch, this.#closing.signal);
  }

  /** Whether there is anything to serve yet. */
  get usable(): boolean {
    return this.#served.now !== undefined;
  }

  /** Throws when nothing is `usable` yet. */
  get current(): ServingCertificate {
    const served = this.#served.now;
    if (served === undefined) throw new Error("there is no certificate to serve with yet");
    return servingCertificate(served);
  }

  /** What the API server has to trust now; undefined while nothing is `usable`. */
  get needs(): TrustNeeds | undefined {
    const served = this.#served.now;
    if (served === undefined) return undefined;
    return {
      authorities: distinct([...(this.#known?.bundle ?? []), served.authority]),
      serving: served.parsed,
    };
  }

  /** When the authority that signs expires. */
  get authorityExpiry(): Date | undefined {
    const authority = this.#known?.authority.parsed;
    return authority === undefined ? undefined : new Date(authority.validTo);
  }

  onChange(listener: (certificate: ServingCertificate) => void): void {
    this.#served.onChange(listener);
  }

  /** Looks at the Secret at once. */
  wake(): void {
    this.#loop?.wake();
  }

  /** Ends it; resolves when nothing is being read or written any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#loop?.close(), this.#watching]);
  }

  async #look(): Promise<boolean> {
    const { secret } = this.#options;
    try {
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (await this.#settle()) {
          this.#problem.tell(undefined);
          return true;
        }
      }
      this.#problem.tell(`${secret.title} is changed by others all the time; it is tried again`);
    } catch (error) {
      if (this.#closing.signal.aborted) return false;
      const meanwhile = this.usable
        ? "the certificate of before is still served"
        : "nothing can be served yet";
      this.#problem.tell(`${reasonOf(error)}; ${meanwhile}`);
      await this.#bridge();
    }
    return false;
  }

  /** Reads the Secret and does what is due; false when somebody else has changed it in between. */
  async #settle(): Promise<boolean> {
    const { secret, report } = this.#options;
    const stored = await secret.read(this.#closing.signal);
    const found = soundSet(stored);
    if (found === undefined || "unsound" in found) return this.#repair(stored, found?.unsound);
    const trusting = this.#keepServedTrusted(found);
    if (trusting !== found) {
      if (!(await this.#write(stored, trusting))) return false;
      this.#adopt(trusting);
      return true;
    }
    const step = planCertificates(found, this.#conditions(found, stored?.changeAsked ?? false));
    if (step === "keep") {
      this.#adopt(found);
      return true;
    }
    // What this replica remembers is better than what everybody has to learn first.
    if (step === "start-over" && this.#rememberedIsValid()) return this.#repair(stored, "expired");
    const next = await takeStep(found, step, this.#making());
    if (!(await this.#write(stored, next))) return false;
    report.action(actions[step], `${secret.title}: ${step}, next expiry ${next.serving.parsed.validTo}`);
    this.#adopt(next);
    return true;
  }

  /** Puts the Secret right from memory, or anew where there is none. */
  async #repair(stored: StoredSecret | undefined, unsound: string | undefined): Promise<boolean> {
    const { secret, report } = this.#options;
    const remembered = this.#rememberedIsValid() ? this.#known : undefined;
    const set = remembered ?? (await makeCertificateSet(this.#making()));
    if (!(await this.#write(stored, set))) return false;
    const why = unsound ?? (stored === undefined ? "it was missing" : "it was empty");
    const how = remembered === undefined ? "certificates were made anew" : "it was put back as it was";
    const first = unsound === undefined && this.#known === undefined;
    report.action(first ? "created" : "secret-repaired", `${secret.title}: ${why}; ${how}`);
    this.#adopt(set);
    return true;
  }

  #write(stored: StoredSecret | undefined, set: CertificateSet): Promise<boolean> {
    const announced = set.next !== undefined;
    const { signal } = this.#closing;
    return this.#options.secret.write(stored, certificateSetData(set), { announced, signal });
  }

  #rememberedIsValid(): boolean {
    return this.#known !== undefined && isValid(this.#known.authority.parsed, this.#options.now());
  }

  /** As long as this replica serves by another authority, all others have to keep that one in the bundle. */
  #keepServedTrusted(set: CertificateSet): CertificateSet {
    const served = this.#served.now;
    if (served === undefined || !isValid(served.parsed, this.#options.now())) return set;
    return includes(set.bundle, served.authority) ? set : alsoTrusting(set, served.authority, served.parsed);
  }

  /** Serves what is in `set`, once it is trusted. */
  #adopt(set: CertificateSet): void {
    const { secret, report, now, isKnown, onChange } = this.#options;
    const before = this.#known;
    this.#known = set;
    const authority = set.authority.parsed;
    if (before !== undefined && !includes(before.bundle, authority)) {
      report.action(
        "authority-adopted",
        `${secret.title} holds another authority: it is used once it is trusted`,
      );
    }
    const { now: served } = this.#served;
    if (this.#served.isSucceededBy(set, now(), isKnown, this.#scarceMs))
      this.#served.serve({ ...set.serving, authority, stopgap: false });
    const bundleIsNew = before === undefined || writeBundle(before.bundle) !== writeBundle(set.bundle);
    if (bundleIsNew || served !== this.#served.now) onChange();
  }

  /** What is served ends soon and the Secret cannot be had: makes a certificate of the same authority for us alone. */
  async #bridge(): Promise<void> {
    const { now, names, lives, onChange } = this.#options;
    const known = this.#known;
    const served = this.#served.now;
    if (served === undefined || known === undefined || !this.#rememberedIsValid()) return;
    const left = expiresAt(served.parsed) - now();
    const gain = Math.min(lives.serving, expiresAt(known.authority.parsed) - now()) - left;
    if (left > this.#scarceMs || gain < this.#scarceMs) return;
    const authority = known.authority;
    const pair = await issueServingPair(authority.pair, names, now(), lives.serving);
    this.#served.serve({ ...parsedPair(pair), authority: authority.parsed, stopgap: true });
    onChange();
  }

  /** A serving certificate that lasts no longer than this is cause for alarm: half of the time for renewing it is over. */
  get #scarceMs(): number {
    return this.#options.lives.serving / 6;
  }

  #making() {
    const { names, lives, now } = this.#options;
    return { names, lives, now: now() };
  }

  #conditions({ next }: CertificateSet, changeAsked: boolean) {
    const { jitter, isKnown } = this.#options;
    const nextIsKnown = next !== undefined && isKnown(next.parsed);
    return { ...this.#making(), jitter, nextIsKnown, changeAsked };
  }
}

/** The Secret's set, why it is none, or undefined when nobody has put one there yet. */
function soundSet(stored: StoredSecret | undefined): CertificateSet | { unsound: string } | undefined {
  if (stored === undefined || Object.keys(stored.data).length === 0) return undefined;
  try {
    return readCertificateSet(stored.data);
  } catch (error) {
    if (error instanceof UnsoundSetError) return { unsound: error.message };
    throw error;
  }
}
