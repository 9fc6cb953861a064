import type { EnvVar, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { compactScript } from "../../types/compact-script.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { FoundVolume } from "./find-volume.ts";
import mountScript from "./mount-juicefs.sh";
import { type MountOption, writeMountOptions } from "./mount-options.ts";
import { SecretParts } from "./secret-parts.ts";

/** What a client runs, and what it needs for that of Secrets. */
export interface ClientCommand {
  readonly command: readonly string[];
  readonly env: readonly EnvVar[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

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
  const parts = new SecretParts(found);
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

function communityWords(parts: SecretParts, settings: ClientSettings, metrics: string | undefined): string[] {
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

function enterpriseWords(parts: SecretParts, settings: ClientSettings, noUpdateConfig: boolean): string[] {
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
