import { messageOf } from "../types/error-message.ts";
/** JSON values that stand one after another; with `reason`, where the first of them that is wrong goes wrong. */
export type JsonDocuments =
  | { readonly values: readonly unknown[] }
  | { readonly values: readonly unknown[]; readonly offset: number; readonly reason: string };

type Token = "{" | "}" | "[" | "]" | "," | ":" | "text" | "scalar" | "end" | "other";
type State = "value" | "first value" | "key" | "first key" | "colon" | "comma";

const space = /[ \t\r\n]*/y;
// Numbers and words; whether they are right is JSON.parse's business.
const word = /[-+.\w]+/y;

/** Which state follows which token; "pop" and "separate" depend on the bracket that is open. */
const grammar: Readonly<Record<State, Partial<Record<Token, State | "pop" | "separate">>>> = {
  value: { "{": "first key", "[": "first value", text: "comma", scalar: "comma" },
  "first value": { "{": "first key", "[": "first value", text: "comma", scalar: "comma", "]": "pop" },
  key: { text: "colon" },
  "first key": { text: "colon", "}": "pop" },
  colon: { ":": "value" },
  comma: { ",": "separate", "}": "pop", "]": "pop" },
};

/**
 * Reads JSON values that stand one after another. For text that `JSON.parse` has refused: it reads one value only,
 * and does not always say where it fails. On an error the values before it are returned, too.
 */
export function readJsonDocuments(text: string): JsonDocuments {
  const values: unknown[] = [];
  let start = skip(space, text, 0);
  while (start < text.length) {
    const end = endOfValue(text, start);
    if (typeof end !== "number") return { values, ...end };
    const found = parse(text.slice(start, end));
    if ("reason" in found) return { values, offset: start + found.offset, reason: found.reason };
    values.push(found.value);
    start = skip(space, text, end);
  }
  return { values };
}

/** The end of the value that begins at `start`, or the first place that breaks the grammar. */
function endOfValue(
  text: string,
  start: number,
): number | { readonly offset: number; readonly reason: string } {
  const open: Token[] = [];
  let state: State = "value";
  let at = start;
  do {
    at = skip(space, text, at);
    const [token, end] = tokenAt(text, at);
    if (token === "end") return { offset: at, reason: "it ends in the middle of a value" };
    const following = stateAfter(token, state, open);
    if (following === undefined || (token === "scalar" && "reason" in parse(text.slice(at, end)))) {
      return { offset: at, reason: `unexpected ${shortened(text.slice(at, Math.max(end, at + 1)))}` };
    }
    state = following;
    at = end;
  } while (open.length > 0);
  return at;
}

/** The state after `token`, whose brackets are put on or taken off `open`; undefined where it may not stand. */
function stateAfter(token: Token, state: State, open: Token[]): State | undefined {
  const step = grammar[state][token];
  if (step === "pop") return open.pop() === (token === "}" ? "{" : "[") ? "comma" : undefined;
  if (step === "separate") return open.at(-1) === "{" ? "key" : "value";
  if (token === "{" || token === "[") open.push(token);
  return step;
}

/** The kind of token at `at`, and where it ends. */
function tokenAt(text: string, at: number): [Token, number] {
  const char = text[at];
  switch (char) {
    case undefined:
      return ["end", at];
    case "{":
    case "}":
    case "[":
    case "]":
    case ",":
    case ":":
      return [char, at + 1];
    case '"': {
      const end = endOfText(text, at);
      return [end > at + 1 && text[end - 1] === '"' ? "text" : "other", end];
    }
    default: {
      const end = skip(word, text, at);
      return [end > at ? "scalar" : "other", end];
    }
  }
}

/** The place after the closing quote of the text that begins at `start`; a line end ends it as well. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"' && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function parse(
  text: string,
): { readonly value: unknown } | { readonly offset: number; readonly reason: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const message = messageOf(error);
    const [reason = message, offset = "0"] = message.split(/ (?:in JSON )?at position (\d+)/);
    return { offset: Number(offset), reason };
  }
}

function shortened(token: string): string {
  return JSON.stringify(token.length > 20 ? `${token.slice(0, 20)}…` : token);
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}
