import { expect } from "vitest";
import { allowed, machineLoad } from "../../e2e/harness/allowed.ts";

/** What was seen on the node, printed at the end. */
export class CaseTable {
  readonly #rows: { readonly group: string; readonly what: string; readonly seen: string }[] = [];

  /** `seen` is what was measured, with its unit. */
  add(group: string, what: string, seen: string): void {
    this.#rows.push({ group, what, seen });
  }

  /** Adds what took `took` seconds, and expects that it held its limit, or what that comes to on a machine this busy. */
  addLimited(group: string, what: string, took: number, limitSeconds: number): void {
    const busy = took > limitSeconds ? ` at ${machineLoad().toFixed(1)} processes for each CPU` : "";
    this.add(group, what, `${seconds(took)}, limit ${limitSeconds} s${busy}`);
    expect(took, what).toBeLessThanOrEqual(allowed(limitSeconds));
  }

  print(): string {
    const rows = [...this.#rows].sort(
      (a, b) => a.group.localeCompare(b.group) || a.what.localeCompare(b.what),
    );
    const widths = (["group", "what"] as const).map((key) =>
      Math.max(0, ...rows.map((row) => row[key].length)),
    );
    return rows
      .map(
        ({ group, what, seen }) => `${group.padEnd(widths[0] ?? 0)}  ${what.padEnd(widths[1] ?? 0)}  ${seen}`,
      )
      .join("\n");
  }
}

/** Seconds with two digits. */
export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

export function mebibytes(value: number): string {
  return `${value.toFixed(1)} MiB`;
}
