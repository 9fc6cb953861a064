import type { EnvVar } from "kubernetes-types/core/v1";
import { fluid } from "./labels.ts";
import { quoteValue } from "./quote-value.ts";

/** What a pod says about files that are to be read ahead. Fluid: pkg/webhook/plugins/fileprefetcher. */
export interface PrefetchOptions {
  readonly image?: string;
  /** `pvc://<claim>/<glob>` of each item; undefined for all files of all datasets. */
  readonly items?: readonly string[];
  readonly async: boolean;
  readonly timeoutSeconds: number;
  readonly env: readonly EnvVar[];
}

const defaultTimeoutSeconds = 120;
const everything = "<ALL>";
// Go: strconv.ParseBool.
const yes = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const no = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/**
 * Reads Fluid's annotations of the file prefetcher; undefined where the pod does not ask for it or has it already.
 * Values that cannot be used are put into `bad`, in words.
 */
export function readPrefetchOptions(
  annotations: Readonly<Record<string, string>>,
  bad: string[],
): PrefetchOptions | undefined {
  const keys = fluid.prefetch;
  if (annotations[keys.inject] !== "true" || annotations[keys.injectDone] === "true") return undefined;
  const image = annotations[keys.image];
  if (image?.trim() === "") bad.push(`${keys.image} is empty (name an image, or remove it)`);
  const list = annotations[keys.fileList] ?? everything;
  const items = list.split(";").map((item) => item.trim());
  return {
    ...(image === undefined ? {} : { image: image.trim() }),
    ...(list.trim() === everything ? {} : { items: items.filter((item) => item !== "") }),
    async: readFlag(keys.async, annotations[keys.async], bad),
    timeoutSeconds: readSeconds(keys.timeoutSeconds, annotations[keys.timeoutSeconds], bad),
    env: readEnv(keys.extraEnvs, annotations[keys.extraEnvs] ?? "", bad),
  };
}

function readFlag(key: string, value: string | undefined, bad: string[]): boolean {
  if (value !== undefined && !yes.has(value) && !no.has(value))
    bad.push(`${key}=${quoteValue(value)} (use true, false)`);
  return value !== undefined && yes.has(value);
}

function readSeconds(key: string, value: string | undefined, bad: string[]): number {
  if (value === undefined) return defaultTimeoutSeconds;
  const seconds = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 2_147_483_647)
    bad.push(`${key}=${quoteValue(value)} (use a number of seconds above zero)`);
  return seconds;
}

/** "A=1 B=2": what stands behind the first equals sign is the value, whatever is in it. */
function readEnv(key: string, value: string, bad: string[]): EnvVar[] {
  return value.split(/\s+/).flatMap((part): EnvVar[] => {
    if (part === "") return [];
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(0, at));
    if (!/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(name)) {
      bad.push(`${key} has ${quoteValue(part)} (use NAME=value, with blanks in between)`);
      return [];
    }
    return [{ name, value: part.slice(at + 1) }];
  });
}
