import { clientScript } from "../../src/datasets/juicefs/client-command.ts";
import {
  gateCommand,
  guardCommand,
  mountedCommand,
  supervisorCommand,
} from "../../src/pod/client-commands.ts";
import { checkCommand } from "../../src/pod/mount-checks.ts";
import { prefetcherCommand, prefetchWaitCommand } from "../../src/pod/prefetch-commands.ts";
import { version } from "../../src/version.ts";

/** The long texts that every injected pod carries, by what stands for them in the files of golden cases. */
const texts: readonly (readonly [placeholder: string, text: string | undefined])[] = [
  ["<supervisor script>", supervisorCommand({ mountPath: "/", views: [], client: [] })[2]],
  ["<guard script>", guardCommand([])[2]],
  ["<gate script>", gateCommand(0, [])[2]],
  ["<mounted script>", mountedCommand(0, "/", [])[2]],
  ["<check script>", checkCommand(0, [])[2]],
  ["<prefetcher script>", prefetcherCommand({ when: "end", seconds: 0, patterns: [] })[2]],
  ["<prefetch-wait script>", prefetchWaitCommand(0)[2]],
  ["<juicefs script>", clientScript],
];
const versionMark = [`"version":"${version}"`, '"version":"<version>"'] as const;

/** `value` with placeholders instead of scripts and of the product's version. */
export function hideScripts(value: unknown): unknown {
  return mapTexts(value, (text) => {
    const known = texts.find(([, script]) => script === text);
    return known === undefined ? text.replace(...versionMark) : known[0];
  });
}

/** The way back, for pods that carry our own output. */
export function showScripts(value: unknown): unknown {
  const [shown, hidden] = versionMark;
  return mapTexts(value, (text) => {
    const known = texts.find(([placeholder]) => placeholder === text);
    return known?.[1] ?? text.replace(hidden, shown);
  });
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, map)]));
}
