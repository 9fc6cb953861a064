import type { X509Certificate } from "node:crypto";
import { reasonOf } from "../cluster/api-error.ts";
import { type BundleCheck, checkBundle, completed, type TrustNeeds, trusts } from "./bundle-check.ts";
import { type CertificateReport, ProblemTeller } from "./certificate-report.ts";
import { followChanges } from "./follow-changes.ts";
import { writeBundle } from "./pem-bundle.ts";
import type { RegisteredWebhook, WebhookRegistration } from "./webhook-registration.ts";
import { startWorkLoop, type WorkLoop } from "./work-loop.ts";

export interface CaBundleKeeperOptions {
  readonly registration: WebhookRegistration;
  /** `ours`: put right whenever it is not. `external`: somebody else does that, and it is only looked at. */
  readonly caBundle: "ours" | "external";
  /** Asked at each look; undefined while there is nothing to serve yet. */
  readonly needs: () => TrustNeeds | undefined;
  /** How long every API server needs at most to see a new bundle, in milliseconds. */
  readonly overlapMs: number;
  /** How often the bundles are looked at, in milliseconds, besides at each sign of a change. */
  readonly pollMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set, for waiting by. */
  readonly elapsed: () => number;
  readonly report: CertificateReport;
}

/**
 * `unknown`: not looked at yet, or it cannot be read. `missing`: the API server does not know of us, so that nobody
 * calls. `distrusted`: calls fail, for what is served cannot be verified by the bundle there.
 */
export type TrustState = "unknown" | "missing" | "distrusted" | "trusted";

const attempts = 5;

/** The bundles were read, but what is wrong with them could not be put right. */
class NotWritten extends Error {
  readonly state: TrustState;
  constructor(state: TrustState, cause: unknown) {
    super(reasonOf(cause), { cause });
    this.name = "NotWritten";
    this.state = state;
  }
}

/**
 * Sees to it that the API server trusts what we serve, by the caBundle of a webhook configuration of ours, whoever
 * resets it. Every replica does it: they all write the same.
 */
export class CaBundleKeeper {
  readonly #options: CaBundleKeeperOptions;
  readonly #problem: ProblemTeller;
  readonly #closing = new AbortController();
  /** Since when each authority has been seen in every webhook, by fingerprint, in `elapsed` milliseconds. */
  readonly #seenSince = new Map<string, number>();
  /** Those that have been there once: what is gone of them was reset by somebody. */
  readonly #published = new Set<string>();
  #extraSince: number | undefined;
  #state: TrustState = "unknown";
  #loop: WorkLoop | undefined;
  #watching: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: CaBundleKeeperOptions) {
    this.#options = options;
    const pods = options.registration.kind === "MutatingWebhookConfiguration";
    this.#problem = new ProblemTeller(options.report, pods ? "registration" : "validation");
  }

  /** Begins to look after the bundles. */
  start(): void {
    this.#loop ??= startWorkLoop(() => this.#look(), this.#options.pollMs);
    const { registration } = this.#options;
    const watch = (signal: AbortSignal) => registration.watch(() => this.wake(), signal);
    this.#watching ??= followChanges(watch, this.#closing.signal);
  }

  /** As it was found at the last look. */
  get state(): TrustState {
    return this.#state;
  }

  /** What stands in the way of being trusted, in words. */
  get problem(): string | undefined {
    return this.#problem.current;
  }

  /** Whether `authority` has been in every bundle for so long that every API server has seen it. */
  readonly isKnown = (authority: X509Certificate): boolean => {
    const since = this.#seenSince.get(authority.fingerprint256);
    return since !== undefined && this.#options.elapsed() - since >= this.#options.overlapMs;
  };

  /** Looks at once: what is needed has changed. */
  wake(): void {
    this.#loop?.wake();
  }

  /** Resolves with the state at the next change of it, and at once where it is `trusted`. */
  changed(): Promise<TrustState> {
    if (this.#state === "trusted") return Promise.resolve(this.#state);
    return new Promise((resolve) => this.#waiting.add(() => resolve(this.#state)));
  }

  /** Ends it; resolves when nothing is being read or written any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#loop?.close(), this.#watching]);
  }

  async #look(): Promise<boolean> {
    try {
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (await this.#settle()) return true;
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return false;
      // What the API server knew before still holds, where it is not known what it knows now.
      if (error instanceof NotWritten) this.#become(error.state);
      else if (this.#state !== "trusted") this.#become("unknown");
      this.#problem.tell(reasonOf(error));
    }
    return false;
  }

  /** Compares and puts right; false when that has changed something and has to be read back. */
  async #settle(): Promise<boolean> {
    const { registration, needs, now, caBundle } = this.#options;
    const webhooks = await registration.read(this.#closing.signal);
    if (webhooks === undefined || webhooks.length === 0) {
      this.#notRegistered(webhooks);
      return true;
    }
    const needed = needs();
    if (needed === undefined) return true;
    const checks = webhooks.map(({ caBundle }) => checkBundle(caBundle, needed.authorities));
    this.#remember(checks);
    const distrusting = webhooks.filter((_, at) => !trusts(checks[at]?.present, needed, now()));
    const state = distrusting.length === 0 ? "trusted" : "distrusted";
    const putRight = async () => {
      try {
        return await this.#putRight(webhooks, checks, needed);
      } catch (error) {
        throw new NotWritten(state, error);
      }
    };
    if (caBundle === "ours" && (await putRight())) return false;
    this.#become(state);
    this.#problem.tell(distrusting.length === 0 ? undefined : this.#distrust(distrusting));
    return true;
  }

  /** Writes what is missing, and takes away what has been extra for long. Whether anything was written. */
  async #putRight(
    webhooks: readonly RegisteredWebhook[],
    checks: readonly BundleCheck[],
    { authorities }: TrustNeeds,
  ): Promise<boolean> {
    const { registration, report, now, elapsed, overlapMs } = this.#options;
    // Where ca.crt is not known, there is nothing to put there.
    if (authorities.length === 0) return false;
    const incomplete = checks.some(({ missing }) => missing.length > 0);
    const extra = checks.some(({ extra }) => extra.length > 0);
    this.#extraSince = extra ? (this.#extraSince ?? elapsed()) : undefined;
    const tidying = this.#extraSince !== undefined && elapsed() - this.#extraSince >= overlapMs;
    if (!incomplete && !tidying) return false;

    const bundles = new Map<string, string>();
    const lost = new Set<string>();
    for (const [at, { name }] of webhooks.entries()) {
      const check = checks[at];
      if (check === undefined || (check.missing.length === 0 && !tidying)) continue;
      bundles.set(name, writeBundle(tidying ? authorities : completed(check, authorities, now())));
      if (check.missing.some((authority) => this.#published.has(authority.fingerprint256))) lost.add(name);
    }
    const written = await registration.setBundles(webhooks, bundles, this.#closing.signal);
    if (!written) return true;
    for (const authority of authorities) this.#published.add(authority.fingerprint256);
    const names = [...bundles.keys()].join(", ");
    if (lost.size > 0)
      report.action(
        "bundle-repaired",
        `caBundle of ${registration.title} was reset and is put right (${names})`,
      );
    else if (incomplete)
      report.action("bundle-published", `caBundle of ${registration.title} holds our authorities (${names})`);
    else report.action("bundle-tidied", `caBundle of ${registration.title} holds ours alone (${names})`);
    return true;
  }

  /** Notes since when each authority is in all of the bundles. */
  #remember(checks: readonly BundleCheck[]): void {
    const now = this.#options.elapsed();
    const counts = new Map<string, number>();
    for (const { present = [] } of checks) {
      for (const { fingerprint256 } of present)
        counts.set(fingerprint256, (counts.get(fingerprint256) ?? 0) + 1);
    }
    for (const known of this.#seenSince.keys()) {
      if (counts.get(known) !== checks.length) this.#seenSince.delete(known);
    }
    for (const [fingerprint, count] of counts) {
      if (count !== checks.length) continue;
      if (!this.#seenSince.has(fingerprint)) this.#seenSince.set(fingerprint, now);
      this.#published.add(fingerprint);
    }
  }

  #notRegistered(webhooks: readonly RegisteredWebhook[] | undefined): void {
    const { registration } = this.#options;
    this.#seenSince.clear();
    this.#become("missing");
    const what = webhooks === undefined ? "does not exist" : "has no webhooks";
    const until =
      registration.kind === "MutatingWebhookConfiguration"
        ? "no pod gets its data"
        : "no Secret or volume is looked at";
    this.#problem.tell(
      `${registration.title} ${what}: ${until} until it is installed again (helm upgrade, or kubectl apply -f install.yaml)`,
    );
  }

  #distrust(webhooks: readonly RegisteredWebhook[]): string {
    const { registration, caBundle } = this.#options;
    const names = webhooks.map(({ name }) => name).join(", ");
    const ours = caBundle === "ours" && (this.#options.needs()?.authorities.length ?? 0) > 0;
    const remedy = ours
      ? "it is put right"
      : "put the authority of tls.crt there (cert-manager: annotation cert-manager.io/inject-ca-from)";
    return `the API server does not trust our certificate: caBundle of ${registration.title} (${names}); ${remedy}`;
  }

  #become(state: TrustState): void {
    this.#state = state;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }
}
