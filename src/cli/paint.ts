const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** What `paintWith` writes, as the source of a regular expression. */
export const ownColours = `\\u001b\\[(?:0|${Object.values(codes).join("|")})m`;

/** Puts text in colour, or leaves it as it is. */
export type Paint = (style: keyof typeof codes, text: string) => string;

/** Paints with the terminal's colours, or not at all without `color`. */
export function paintWith(color: boolean): Paint {
  return (style, text) => (color && text !== "" ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}
