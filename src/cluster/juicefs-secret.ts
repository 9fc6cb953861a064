import { isRawObject } from "./raw-fields.ts";
import { readTextMap } from "./text-map.ts";

/** What a Secret of a JuiceFS volume says, without any of its values but the file system's name. */
export interface JuicefsFacts {
  /** Community or enterprise edition: it is the key "metaurl" that tells them apart. */
  readonly edition: "ce" | "ee";
  /** The file system's name. */
  readonly fileSystem: string;
  /** The keys that are there and not empty: by the name we know them by, the name that the Secret has. */
  readonly keys: Readonly<Record<string, string>>;
  /** Names of the environment variables in the key "envs", sorted. */
  readonly envs: readonly string[];
  /** The key "configs": further Secrets and where the client wants them, sorted by name. */
  readonly configs: readonly { readonly secret: string; readonly mountPath: string }[];
  /** The client configuration in the key "initconfig" is encrypted, which clients before ee-5.1.0 do not understand. */
  readonly initconfigEncrypted: boolean;
}

/** What a Secret says, or why no volume can be mounted with it. */
export type JuicefsSecretReading = { readonly facts: JuicefsFacts } | { readonly problem: string };

/** Keys that a client is given the values of (juicefs-csi-driver: pkg/config/setting.go). Others stay where they are. */
const valueKeys: Readonly<Record<JuicefsFacts["edition"], readonly string[]>> = {
  ce: [
    "metaurl",
    "storage",
    "bucket",
    "access-key",
    "secret-key",
    "block-size",
    "compress",
    "trash-days",
    "capacity",
    "inodes",
    "shards",
    "format-options",
    "encrypt_rsa_key",
    "passphrase",
  ],
  ee: [
    "token",
    "access-key",
    "access-key2",
    "bucket",
    "bucket2",
    "subdir",
    "secret-key",
    "secret-key2",
    "passphrase",
    "format-options",
    "encrypt_rsa_key",
    "initconfig",
  ],
};

/** Older names of keys, as `juicefs auth` still has them. */
const aliases: Readonly<Record<string, string>> = {
  "access-key": "accesskey",
  "access-key2": "accesskey2",
  "secret-key": "secretkey",
  "secret-key2": "secretkey2",
};

/** Names in the client's environment that are the client's own, and those of Sluice's scripts. */
const ownVariables = /^(SLUICE_.*|JFS_INSIDE_CONTAINER|JFS_FOREGROUND|metaurl|secretkey2?|token|passphrase)$/;
// Kubernetes: docs, "Secrets" (keys of `data`).
const secretKey = /^[-._a-zA-Z0-9]+$/;
const objectName = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/;

/**
 * Reads a Secret's data, decoded. No value gets into the result but the file system's name, the names of variables and
 * further Secrets, and where these are mounted. (juicefs-csi-driver: pkg/config/setting.go, ParseSetting.)
 */
export function readJuicefsSecret(data: Readonly<Record<string, string>>): JuicefsSecretReading {
  const fileSystem = textOf(data, "name");
  if (fileSystem === "") return { problem: "its key name is missing or empty: name the file system there" };
  if (fileSystem.startsWith("-") || /[\p{Cc}/]/u.test(fileSystem))
    return { problem: "its key name is no name of a file system: correct it" };
  const edition = Object.hasOwn(data, "metaurl") ? "ce" : "ee";
  if (edition === "ce" && textOf(data, "metaurl") === "")
    return {
      problem: "its key metaurl is empty: give the address of the metadata engine, or remove the key",
    };

  const keys: Record<string, string> = {};
  for (const key of valueKeys[edition]) {
    const name = [key, aliases[key]].find((candidate) => candidate && textOf(data, candidate) !== "");
    if (name !== undefined) keys[key] = name;
  }
  const options = formatOptionsProblem(textOf(data, "format-options"));
  if (options !== undefined) return { problem: options };
  const envs = readTextMap(textOf(data, "envs"));
  if (envs === undefined)
    return { problem: "its key envs is no map of texts in YAML or JSON of 16 KiB at most: correct it" };
  for (const name of Object.keys(envs)) {
    if (!secretKey.test(name))
      return {
        // What follows a "=" was meant to be a value.
        problem: `its key envs names the variable ${JSON.stringify(name.split("=", 1)[0])}: use letters, digits and _`,
      };
    if (ownVariables.test(name))
      return { problem: `its key envs names the variable ${name}, which the client has already: rename it` };
  }
  const configs = readConfigs(textOf(data, "configs"));
  if (typeof configs === "string") return { problem: configs };
  return {
    facts: {
      edition,
      fileSystem,
      keys,
      envs: Object.keys(envs).sort(),
      configs,
      initconfigEncrypted: isEncrypted(textOf(data, "initconfig")),
    },
  };
}

/** The key under which a variable of "envs" stands in a Secret that was made for a client. */
export function environmentKey(variable: string): string {
  return `env.${variable}`;
}

/**
 * What a client needs of a Secret's data: the keys by the names we know them by, and each variable of "envs" as a key of
 * its own. With `variablesOnly` only the latter, for a Secret that the pod can use where it is.
 */
export function clientValues(
  data: Readonly<Record<string, string>>,
  facts: JuicefsFacts,
  { variablesOnly }: { readonly variablesOnly: boolean },
): Record<string, string> {
  const values: Record<string, string> = {};
  if (!variablesOnly) for (const [key, name] of Object.entries(facts.keys)) values[key] = textOf(data, name);
  const envs = readTextMap(textOf(data, "envs")) ?? {};
  for (const name of facts.envs) values[environmentKey(name)] = envs[name] ?? "";
  return values;
}

/** Options are "key=value" or "key", in a comma list. What stands in them is told to nobody. */
function formatOptionsProblem(text: string): string | undefined {
  for (const option of text.split(",").map((part) => part.trim())) {
    if (option === "") continue;
    const [key = "", ...rest] = option.split("=");
    const name = key.trim();
    if (!/^[A-Za-z0-9][-\w]*$/.test(name))
      return "its key format-options holds an option without a name: write key=value, divided by commas";
    if (rest.length > 0 && rest.join("=").trim() === "")
      return `its key format-options gives ${name} no value: give it one, or leave out the "="`;
  }
  return undefined;
}

function readConfigs(text: string): JuicefsFacts["configs"] | string {
  const map = readTextMap(text);
  if (map === undefined)
    return "its key configs is no map of Secrets to directories in YAML or JSON of 16 KiB at most: correct it";
  const configs = Object.entries(map).map(([secret, mountPath]) => ({ secret, mountPath }));
  for (const { secret, mountPath } of configs) {
    if (!objectName.test(secret))
      return `its key configs names ${JSON.stringify(secret)}, which is no Secret's name`;
    if (!/^\/[^/]/.test(mountPath) || /\p{Cc}|(^|\/)\.\.(\/|$)/u.test(mountPath))
      return `its key configs has no absolute path for Secret ${secret}: give the directory to mount it at`;
    if (/^\/(proc|sys|dev|sluice)(\/|$)/.test(mountPath))
      return `its key configs mounts Secret ${secret} at ${mountPath}, which the client needs itself: choose another`;
  }
  return configs.sort((a, b) => (a.secret < b.secret ? -1 : 1));
}

function isEncrypted(initconfig: string): boolean {
  try {
    const config: unknown = JSON.parse(initconfig || "{}");
    return isRawObject(config) && config["encryptkeys"] === true;
  } catch {
    return false;
  }
}

function textOf(data: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(data, key) ? (data[key] ?? "") : "";
}
