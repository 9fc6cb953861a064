import { readFileSync } from "node:fs";

// Linux: /proc counts in units of 1/100 s on every architecture (USER_HZ).
const ticksPerSecond = 100;

/** CPU seconds that a process has used, its threads included; NaN where the system does not tell (/proc is Linux'). */
export function cpuSeconds(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The second field, the command's name in brackets, may contain spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Memory that a process holds (resident set), in MB of 1,000,000 bytes; NaN where the system does not tell. */
export function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return (Number(kibibytes ?? Number.NaN) * 1024) / 1e6;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
