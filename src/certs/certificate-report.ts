/** What can be wrong with how we are trusted: our certificates, or where the API server is told of us, for pods or else. */
export type CertificateSubject = "certificate" | "registration" | "validation";

/** What was done by itself, each a word for a metric. */
export type CertificateAction =
  | "created"
  | "serving-renewed"
  | "authority-announced"
  | "authority-changed"
  | "authority-adopted"
  | "expired-forgotten"
  | "started-over"
  | "secret-repaired"
  | "bundle-published"
  | "bundle-repaired"
  | "bundle-tidied";

/** Who is told, for log and metrics. Must not throw. */
export interface CertificateReport {
  /** What is wrong now, each new problem once; undefined when it is over. */
  readonly problem: (subject: CertificateSubject, message: string | undefined) => void;
  readonly action: (action: CertificateAction, message: string) => void;
}

/** Tells each problem once, and when it is over. */
export class ProblemTeller {
  readonly #report: CertificateReport;
  readonly #subject: CertificateSubject;
  #told: string | undefined;

  constructor(report: CertificateReport, subject: CertificateSubject) {
    this.#report = report;
    this.#subject = subject;
  }

  /** What was told last; undefined where nothing is wrong. */
  get current(): string | undefined {
    return this.#told;
  }

  /** Says what is wrong now; undefined: nothing any more. */
  tell(message: string | undefined): void {
    if (message === this.#told) return;
    this.#told = message;
    this.#report.problem(this.#subject, message);
  }
}
