// All variables and functions of our scripts begin like this, and nothing else in them does.
const ownName = /\b_[a-z][a-z0-9_]*/g;
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * A script of ours as it travels, in every patch and every pod: without comment lines and indentation, and with its own
 * names (those that begin with "_" and a small letter) shortened, the most frequent ones most.
 */
export function compactScript(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const code = lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n");
  const counts = new Map<string, number>();
  for (const [name] of code.matchAll(ownName)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts].sort(([a, often], [b, seldom]) => seldom - often || (a < b ? -1 : 1));
  const short = new Map(names.map(([name], index) => [name, `_${shortName(index)}`]));
  return code.replace(ownName, (name) => short.get(name) ?? name);
}

/** a … z, A … Z, aa, ab … */
function shortName(index: number): string {
  const last = letters[index % letters.length] ?? "";
  return index < letters.length ? last : shortName(Math.floor(index / letters.length) - 1) + last;
}
