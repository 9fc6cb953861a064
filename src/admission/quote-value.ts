/** What somebody wrote as the value of a label or annotation, short enough for a message. */
export function quoteValue(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
}
