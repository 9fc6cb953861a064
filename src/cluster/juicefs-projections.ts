import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { JuicefsSecret } from "./cluster-view.ts";
import { juicefsConfigKey, readJuicefsConfig } from "./juicefs-config.ts";
import { type JuicefsFacts, type JuicefsSecretReading, readJuicefsSecret } from "./juicefs-secret.ts";
import type { JuicefsConfig } from "./juicefs-settings.ts";
import type { Place } from "./projections.ts";
import { fieldAt, isRawObject, objectsAt, type RawObject, textAt, textMapAt, textsAt } from "./raw-fields.ts";

/**
 * Facts about a Secret stand in a ConfigMap with this label ("true"), in Sluice's own namespace: whoever may read that
 * learns no value, and no tenant may write there.
 */
export const factsLabel = "sluice.io/juicefs-secret";
/** The keys of such a ConfigMap's data: the facts, and "namespace/name" of the Secret that they are about. */
export const factsKey = "facts.json";
export const factsSecretKey = "secret";
const longestName = 253;

/**
 * Name of the ConfigMap that holds the facts about a Secret. Namespaces have no dots, so that no two share one; a Secret
 * whose name leaves no room for that is known by a hash.
 */
export function factsName({ namespace, name }: Place): string {
  const full = `juicefs.${namespace}.${name}`;
  if (full.length <= longestName) return full;
  return `juicefs-hash.${createHash("sha256").update(`${namespace}/${name}`).digest("hex")}`;
}

/** The Secret that a ConfigMap is about; undefined where it is none of ours. */
export function secretOfFacts(raw: RawObject): Place | undefined {
  const called = textAt(raw, "metadata", "name") ?? "";
  const [, namespace, name] =
    /^juicefs\.([^.]+)\.(.+)$/.exec(called) ??
    /^([^/]+)\/([^/]+)$/.exec(textAt(raw, "data", factsSecretKey) ?? "") ??
    [];
  if (namespace === undefined || name === undefined) return undefined;
  return factsName({ namespace, name }) === called ? { namespace, name } : undefined;
}

/** Whether a ConfigMap of a manifest holds facts about a Secret. */
export function isFactsMap(raw: RawObject): boolean {
  return textAt(raw, "metadata", "labels", factsLabel) === "true";
}

/** Whether a ConfigMap of a manifest is the JuiceFS CSI driver's configuration, whatever its name. */
export function isJuicefsConfig(raw: RawObject): boolean {
  const text = textAt(raw, "data", juicefsConfigKey);
  return (
    text !== undefined &&
    /^[ \t]*(mountPodPatch|enable(SetQuota|NativeSidecar|NodeSelector))[ \t]*:/m.test(text)
  );
}

/** From the driver's ConfigMap. What cannot be read of it is told in `problems`. */
export function projectJuicefsConfig(raw: RawObject, { namespace, name }: Place): JuicefsConfig {
  const text = textAt(raw, "data", juicefsConfigKey);
  if (text === undefined)
    return { namespace, name, problems: [`its data has no key ${juicefsConfigKey}`], unread: [] };
  return { namespace, name, ...readJuicefsConfig(text) };
}

/** From a Secret of a manifest, or from the ConfigMap that holds the facts about it. `place` is the Secret's. */
export function projectJuicefsSecret(raw: RawObject, { namespace, name }: Place): JuicefsSecret {
  const facts = textAt(raw, "data", factsKey);
  const reading = facts === undefined ? readJuicefsSecret(secretData(raw)) : readFacts(facts);
  return { namespace, name, ...reading };
}

/** What stands in the ConfigMap about a Secret. */
export function writeFacts(reading: JuicefsSecretReading): string {
  return JSON.stringify(reading);
}

/** The values of a Secret as texts: `stringData` as it stands, `data` decoded; what is no text is left out. */
export function secretData(raw: RawObject): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(textMapAt(raw, "data"))) {
    const bytes = Buffer.from(value, "base64");
    if (isUtf8(bytes)) result[key] = bytes.toString("utf8");
  }
  return { ...result, ...textMapAt(raw, "stringData") };
}

function readFacts(text: string): JuicefsSecretReading {
  const damaged = { problem: "what is known of it cannot be read: delete that ConfigMap, it is made again" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged;
  }
  const problem = textAt(value, "problem");
  if (problem !== undefined) return { problem };
  const raw = fieldAt(value, "facts");
  const fileSystem = textAt(raw, "fileSystem");
  const edition = textAt(raw, "edition");
  if (!isRawObject(raw) || fileSystem === undefined || (edition !== "ce" && edition !== "ee")) return damaged;
  const facts: JuicefsFacts = {
    edition,
    fileSystem,
    keys: textMapAt(raw, "keys"),
    envs: textsAt(raw, "envs"),
    configs: objectsAt(raw, "configs").flatMap((entry) => {
      const secret = textAt(entry, "secret");
      const mountPath = textAt(entry, "mountPath");
      return secret === undefined || mountPath === undefined ? [] : [{ secret, mountPath }];
    }),
    initconfigEncrypted: fieldAt(raw, "initconfigEncrypted") === true,
  };
  return { facts };
}
