/** What somebody wrote in a label or annotation, in quotes and at most `longest` characters of it, for a message. */
export function quoteValue(value: string, longest = 40): string {
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest - 3)}...` : value);
}
