import { parseQuantity } from "../../types/quantity.ts";

/** A mount option: "key=value", or "key" alone. */
export interface MountOption {
  readonly key: string;
  readonly value?: string;
}

/**
 * Mount options from lists of them, each of which may itself be a comma list. Of options of one key the first counts.
 * Undefined when one cannot stand in a command.
 */
export function readMountOptions(lists: readonly (readonly string[])[]): MountOption[] | undefined {
  const options = new Map<string, MountOption>();
  for (const text of lists.flat().flatMap((list) => list.split(","))) {
    const option = text.trim();
    if (option === "") continue;
    if (/\p{Cc}/u.test(option)) return undefined;
    const at = option.indexOf("=");
    const key = (at < 0 ? option : option.slice(0, at)).trim();
    if (key === "") return undefined;
    if (!options.has(key)) options.set(key, at < 0 ? { key } : { key, value: option.slice(at + 1).trim() });
  }
  return [...options.values()];
}

/** "a=b,c", for `-o`. */
export function writeMountOptions(options: readonly MountOption[]): string {
  return options.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(",");
}

/** The options whose data the client still holds when a file was closed. */
export function writesBackBy(options: readonly MountOption[]): boolean {
  return options.some(({ key, value }) => key === "writeback" && value !== "false");
}

const mebibyte = 2 ** 20;
const units: Readonly<Record<string, number>> = { k: 10, m: 20, g: 30, t: 40, p: 50, e: 60 };

/**
 * `buffer-size` in MiB: a number of MiB, a size with a unit, or a share of the client's memory limit, above which it never
 * is. Undefined when it is none of these. (juicefs-csi-driver: pkg/config/setting.go, genAndValidOptions.)
 */
export function bufferSize(text: string, memoryLimit: string | undefined): string | undefined {
  const limit = memoryLimit === undefined ? undefined : (parseQuantity(memoryLimit) ?? 0) / mebibyte;
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share !== null) {
    if (limit === undefined) return undefined;
    return String(Math.ceil((limit * Math.min(Number(share[1]), 100)) / 100));
  }
  const size = /^(\d+)([kmgtpe]?)(i?b)?$/i.exec(text);
  if (size === null) return undefined;
  const asked = (Number(size[1]) * 2 ** (units[(size[2] || "m").toLowerCase()] ?? 20)) / mebibyte;
  if (limit !== undefined && asked > limit) return String(Math.floor(limit));
  return String(Math.ceil(asked));
}
