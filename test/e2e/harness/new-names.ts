/**
 * Names for what a try of a test may use up: the name itself at first, and with a number behind it whenever it is asked
 * for again, as by the second try.
 */
export function newNames(): (name: string) => string {
  const asked = new Map<string, number>();
  return (name) => {
    const times = (asked.get(name) ?? 0) + 1;
    asked.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  };
}
