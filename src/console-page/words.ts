/** "3 min" from then to now. */
export function ageOf(time: string | undefined, now = Date.now()): string {
  const since = Date.parse(time ?? "");
  if (Number.isNaN(since)) return "";
  const seconds = Math.max(0, Math.round((now - since) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function clockOf(time: string | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString();
}

/** "1 pod", "3 pods". */
export function plural(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
