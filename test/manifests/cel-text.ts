/** Fields that every object has where our expressions meet it; all others may be absent, which is an error in CEL. */
const alwaysThere = ["object.spec", "object.metadata", ".name", ".mountPath", "object.spec.containers"];

/**
 * What can be seen of a CEL expression without running it: strings and brackets that do not end, and optional fields
 * that are read without a `has()` before it. The API server compiles and runs the expressions in the end-to-end tests.
 */
export function celProblems(expression: string): string[] {
  const code = expression.replaceAll(/r?'[^'\n]*'/g, "''");
  const problems: string[] = [];
  if (code.replaceAll("''", "").includes("'")) problems.push("a string does not end");
  return [...problems, ...bracketProblems(code), ...guardProblems(code)];
}

function bracketProblems(code: string): string[] {
  const pairs: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
  const open: string[] = [];
  for (const [character] of code.matchAll(/[()[\]{}]/g)) {
    const opener = pairs[character];
    if (opener === undefined) open.push(character);
    else if (open.pop() !== opener) return [`${character} closes nothing`];
  }
  return open.map((character) => `${character} is not closed`);
}

function guardProblems(code: string): string[] {
  return [...code.matchAll(/\b([a-z]+(?:\.[a-zA-Z]+)+)\b(?!\()/g)].flatMap((match) => {
    // A call at the end (".exists(") is no field, and what a variable holds was guarded where it was made.
    const path = match[1] ?? "";
    if (path.startsWith("variables.")) return [];
    if (alwaysThere.some((known) => path === known || (known.startsWith(".") && path.endsWith(known))))
      return [];
    const guard = code.indexOf(`has(${path})`);
    return guard >= 0 && guard <= match.index ? [] : [`${path} is read without has()`];
  });
}
