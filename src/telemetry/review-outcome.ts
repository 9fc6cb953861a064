/** How one review ended, as log and metrics tell it. */
export interface ReviewOutcome {
  readonly uid: string;
  readonly namespace: string;
  /** The pod's name, or its generateName followed by "*"; "" when it has neither. */
  readonly pod: string;
  readonly operation: string;
  readonly verdict: "injected" | "unchanged" | "rejected";
  readonly mode?: string;
  /** The one reason under which the review is counted. */
  readonly code: string;
  /** All reason codes, the most important first. */
  readonly codes: readonly string[];
  /** Why the pod was refused. */
  readonly refusal?: string;
  readonly dryRun: boolean;
  /** It was answered as a review that asked the same had been. */
  readonly alike: boolean;
  /** Of the JSON patch; undefined where there is none. */
  readonly patchBytes?: number;
  /** From the arrival of the whole request to the answer. */
  readonly seconds: number;
}
