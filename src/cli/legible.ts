import { ownColours } from "./paint.ts";

// C0 and C1 but for line feed and tab, and what turns the direction of writing or ends a line for some readers only.
const acting = String.raw`(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]`;
const sequences = new RegExp(`(${ownColours})|${acting}`, "gu");

/**
 * `text` without anything that a terminal would act on, but for our own colours: names, annotations and messages come from
 * whoever may write them. Each such character is told as "\u001b", which JSON and YAML in quotes read as the same.
 */
export function legible(text: string): string {
  return text.replace(
    sequences,
    (found, colour?: string) => colour ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
