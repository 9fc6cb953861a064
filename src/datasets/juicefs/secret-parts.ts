import type { EnvVar, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { environmentKey } from "../../cluster/juicefs-secret.ts";
import type { FoundVolume } from "./find-volume.ts";
import { clientSecretName } from "./secret-name.ts";

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

/**
 * What a client has of Secrets: the words of its command that stand for their values, as `mount-juicefs.sh` reads them,
 * and the variables and files that these words need, collected on the way.
 */
export class SecretParts {
  readonly volumes: Volume[] = [];
  readonly mounts: VolumeMount[] = [];
  readonly #found: FoundVolume;
  readonly #used = new Set<string>();
  /** The pod may use the volume's Secret where it is. */
  readonly #inPlace: boolean;
  /** Name of the Secret that is made for the pods of the claim where it may not. */
  readonly #own: string;

  constructor(found: FoundVolume) {
    this.#found = found;
    this.#inPlace = found.secret.namespace === found.claim.namespace;
    this.#own = clientSecretName(found.claim);
  }

  /** What is known of the volume's Secret. */
  get facts() {
    return this.#found.facts;
  }

  /** The word for the value of a key; none where the Secret has none. */
  value(key: string): string[] {
    return this.#use(key) ? [`@${variables[key]}`] : [];
  }

  /** The words for options "--KEY VALUE"; none for keys that the Secret does not have. */
  flags(keys: readonly string[]): string[] {
    return keys.flatMap((key) => (this.#use(key) ? [`@${variables[key]}=--${key}`] : []));
  }

  /** The word for the options in the key "format-options"; none where the Secret has none. */
  formatOptions(): string[] {
    return this.#use("format-options") ? [`,${variables["format-options"]}`] : [];
  }

  /** Mounts the key that encrypts the file system. Whether there is one. */
  mountRsaKey(): boolean {
    return this.#mountKey("rsa-key", "encrypt_rsa_key", "rsa-key.pem", "/root/.rsa");
  }

  /** Mounts the client's configuration where the Secret has one. */
  mountInitConfig(): void {
    this.#mountKey("init-config", "initconfig", `${this.facts.fileSystem}.conf`, "/etc/juicefs");
  }

  /** Mounts a further Secret, which the key "configs" names. */
  mountConfig(secretName: string, mountPath: string): void {
    const name = `config-${this.volumes.filter((volume) => volume.name.startsWith("config-")).length + 1}`;
    this.volumes.push({ name, secret: { secretName } });
    this.mounts.push({ name, mountPath });
  }

  /** The variables that the words asked for so far need, and those of the key "envs". */
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
