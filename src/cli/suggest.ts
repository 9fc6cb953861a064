/** ", did you mean …?" with the name nearest to what was typed; "" when none is near. */
export function suggest(typed: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({
      name,
      distance: name.startsWith(typed) && typed.length > 2 ? 0 : distance(typed, name),
    }))
    .filter(
      ({ name, distance }) =>
        distance <= Math.max(1, Math.floor(name.length / 3)) && distance < name.length - 1,
    )
    .sort((a, b) => a.distance - b.distance);
  const [best] = near;
  return best === undefined ? "" : `, did you mean ${best.name}?`;
}

/** How many characters must be put in, left out, replaced or swapped to make `b` of `a`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : replaced;
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
