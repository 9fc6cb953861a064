/** What was seen on the node, printed at the end. */
export class CaseTable {
  readonly #rows: { readonly group: string; readonly what: string; readonly seen: string }[] = [];

  /** `seen` is what was measured, with its unit. */
  add(group: string, what: string, seen: string): void {
    this.#rows.push({ group, what, seen });
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
