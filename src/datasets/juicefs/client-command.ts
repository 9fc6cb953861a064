import type { EnvVar, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { environmentKey } from "../../cluster/juicefs-secret.ts";
import { compactScript } from "../../types/compact-script.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { FoundVolume } from "./find-volume.ts";
import mountScript from "./mount-juicefs.sh";
import { type MountOption, writeMountOptions } from "./mount-options.ts";
import { clientSecretName } from "./secret-name.ts";

/** What a client runs, and what it needs for that of Secrets. */
export interface ClientCommand {
  readonly command: readonly string[];
  readonly env: readonly EnvVar[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

/** The variable that a key of the Secret becomes: the driver's own name for it, or one of ours. */
const variables: Readonly<Record<string, string>> = {
  metaurl: "metaurl",
  "secret-key": "secretkey",
  "secret-key2": "secretkey2",
  token: "token",
  passphrase: "passphrase",
  storage: "SLUICE_STORAGE",
  bucket: "SLUICE_BUCKET",
  bucket2: "SLUICE_BUCKET2",
  "access-key": "SLUICE_ACCESS_KEY",
  "access-key2": "SLUICE_ACCESS_KEY2",
  subdir: "SLUICE_SUBDIR",
  "block-size": "SLUICE_BLOCK_SIZE",
  compress: "SLUICE_COMPRESS",
  "trash-days": "SLUICE_TRASH_DAYS",
  capacity: "SLUICE_CAPACITY",
  inodes: "SLUICE_INODES",
  shards: "SLUICE_SHARDS",
  "format-options": "SLUICE_FORMAT_OPTIONS",
};

/** In the driver's order. (juicefs-csi-driver: pkg/juicefs/mount/builder/common.go and command.go.) */
const formatFlags = [
  "storage",
  "bucket",
  "access-key",
  "block-size",
  "compress",
  "trash-days",
  "capacity",
  "inodes",
  "shards",
  "secret-key",
];
const authFlags = [
  "access-key",
  "access-key2",
  "bucket",
  "bucket2",
  "subdir",
  "token",
  "secret-key",
  "secret-key2",
  "passphrase",
];

const rsaKey = "/root/.rsa/rsa-key.pem";
/** What formats or logs in and then mounts; one word of a container's command, in which Kubernetes reads `$(` and `$$`. */
export const clientScript = compactScript(mountScript).replace(/\$(?=[$(])/g, "$$$$");

/** The client's command: every value of a Secret travels in the environment, every other word as a word. */
export function clientCommand(
  found: FoundVolume,
  settings: ClientSettings,
  metrics: string | undefined,
  { noUpdateConfig }: { readonly noUpdateConfig: boolean },
): ClientCommand {
  const parts = new CommandParts(found);
  const words =
    found.facts.edition === "ce"
      ? communityWords(parts, settings, metrics)
      : enterpriseWords(parts, settings, noUpdateConfig);
  for (const { secret, mountPath } of found.facts.configs) parts.mountConfig(secret, mountPath);
  return {
    command: ["sh", "-c", clientScript, "sluice-juicefs", ...words],
    env: parts.env(),
    volumes: parts.volumes,
    mounts: parts.mounts,
  };
}

function communityWords(
  parts: CommandParts,
  settings: ClientSettings,
  metrics: string | undefined,
): string[] {
  const program = "/usr/local/bin/juicefs";
  const { keys, fileSystem } = parts.facts;
  const update = keys["storage"] !== undefined && keys["bucket"] !== undefined;
  return [
    "init",
    program,
    "format",
    ...(update ? [] : ["--no-update"]),
    ...parts.flags(formatFlags),
    ...parts.formatOptions(),
    ...(parts.mountRsaKey() ? [`--encrypt-rsa-key=${rsaKey}`] : []),
    ...parts.value("metaurl"),
    literal(fileSystem),
    "--",
    ...quotaWords(settings, program, parts.value("metaurl")),
    "/bin/mount.juicefs",
    ...parts.value("metaurl"),
    literal(settings.mountPath),
    ...optionWords([
      ...settings.options,
      ...(metrics === undefined ? [] : [{ key: "metrics", value: metrics }]),
    ]),
  ];
}

function enterpriseWords(parts: CommandParts, settings: ClientSettings, noUpdateConfig: boolean): string[] {
  const { keys, fileSystem, configs, initconfigEncrypted } = parts.facts;
  const name = literal(fileSystem);
  const init: string[] = [];
  if (keys["initconfig"] !== undefined && !(initconfigEncrypted && isBefore51(settings.image))) {
    parts.mountInitConfig();
    init.push("init", "mkdir", "-p", "/root/.juicefs", "--");
    init.push("init", "cp", literal(`/etc/juicefs/${fileSystem}.conf`), "/root/.juicefs", "--");
  } else if (keys["token"] !== undefined) {
    init.push("init", "/usr/bin/juicefs", "auth", name, ...parts.flags(authFlags));
    if (noUpdateConfig) init.push("--no-update");
    init.push(...parts.formatOptions(), "--conf-dir=/root/.juicefs", "--");
  }
  if (configs.some(({ mountPath }) => mountPath === "/root/.acl"))
    for (const file of ["group", "passwd"])
      init.push("init", "ln", "-sf", `/root/.acl/${file}`, `/etc/${file}`, "--");
  const own: MountOption[] = [
    { key: "foreground" },
    { key: "no-update" },
    ...(parts.mountRsaKey() ? [{ key: "rsa-key", value: rsaKey }] : []),
  ];
  const given = new Set(own.map(({ key }) => key));
  return [
    ...init,
    ...quotaWords(settings, "/usr/bin/juicefs", [name]),
    "/sbin/mount.juicefs",
    name,
    literal(settings.mountPath),
    ...optionWords([...own, ...settings.options.filter(({ key }) => !given.has(key))]),
  ];
}

function quotaWords({ quota }: ClientSettings, program: string, source: readonly string[]): string[] {
  if (quota === undefined) return [];
  return ["quota", program, ...source, literal(quota.path), String(quota.gibibytes), "--"];
}

function optionWords(options: readonly MountOption[]): string[] {
  return options.length === 0 ? [] : ["-o", literal(writeMountOptions(options))];
}

/** A word for the script to take as it is, in Kubernetes' expansion syntax. */
function literal(word: string): string {
  const marked = /^[@,=]|^--$/.test(word) ? `=${word}` : word;
  return marked.replaceAll("$", "$$$$");
}

/** `ee-4.9.1` and the like; what states no version is taken for a new one. */
function isBefore51(image: string): boolean {
  const [, major, minor] = /:ee-v?(\d+)\.(\d+)/.exec(image) ?? [];
  if (major === undefined) return false;
  return Number(major) < 5 || (Number(major) === 5 && Number(minor) < 1);
}

/** Collects what the words of a command need: variables of the environment, and files. */
class CommandParts {
  readonly volumes: Volume[] = [];
  readonly mounts: VolumeMount[] = [];
  readonly #found: FoundVolume;
  readonly #used = new Set<string>();
  /** The pod may use the volume's Secret where it is. */
  readonly #inPlace: boolean;
  readonly #own: string;

  constructor(found: FoundVolume) {
    this.#found = found;
    this.#inPlace = found.secret.namespace === found.claim.namespace;
    this.#own = clientSecretName(found.claim);
  }

  get facts() {
    return this.#found.facts;
  }

  /** The word for the value of a key; none where the Secret has none. */
  value(key: string): string[] {
    return this.#use(key) ? [`@${variables[key]}`] : [];
  }

  flags(keys: readonly string[]): string[] {
    return keys.flatMap((key) => (this.#use(key) ? [`@${variables[key]}=--${key}`] : []));
  }

  formatOptions(): string[] {
    return this.#use("format-options") ? [`,${variables["format-options"]}`] : [];
  }

  /** Whether there is one. */
  mountRsaKey(): boolean {
    return this.#mountKey("rsa-key", "encrypt_rsa_key", "rsa-key.pem", "/root/.rsa");
  }

  mountInitConfig(): void {
    this.#mountKey("init-config", "initconfig", `${this.facts.fileSystem}.conf`, "/etc/juicefs");
  }

  mountConfig(secretName: string, mountPath: string): void {
    const name = `config-${this.volumes.filter((volume) => volume.name.startsWith("config-")).length + 1}`;
    this.volumes.push({ name, secret: { secretName } });
    this.mounts.push({ name, mountPath });
  }

  env(): EnvVar[] {
    const own = [...this.#used].map((key) => this.#variable(variables[key] ?? key, this.#place(key)));
    const others = this.facts.envs.map((name) =>
      this.#variable(name, { name: this.#own, key: environmentKey(name) }),
    );
    return [...own, ...others];
  }

  #use(key: string): boolean {
    if (this.facts.keys[key] === undefined) return false;
    this.#used.add(key);
    return true;
  }

  #mountKey(name: string, key: string, path: string, mountPath: string): boolean {
    if (this.facts.keys[key] === undefined) return false;
    const place = this.#place(key);
    this.volumes.push({ name, secret: { secretName: place.name, items: [{ key: place.key, path }] } });
    this.mounts.push({ name, mountPath });
    return true;
  }

  #place(key: string): { readonly name: string; readonly key: string } {
    if (!this.#inPlace) return { name: this.#own, key };
    return { name: this.#found.secret.name, key: this.facts.keys[key] ?? key };
  }

  #variable(name: string, { name: secret, key }: { readonly name: string; readonly key: string }): EnvVar {
    return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
  }
}
