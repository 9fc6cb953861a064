import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fields, fieldsOf, textAt } from "./fields.ts";

/** A volume with a Secret's files as a kubelet shows it: they all change at once, by a link. */
export class SecretVolume {
  readonly folder: string;
  readonly #read: () => Promise<Fields>;
  #version = "";

  /** `read` fetches the Secret. */
  constructor(folder: string, read: () => Promise<Fields>) {
    this.folder = folder;
    this.#read = read;
    mkdirSync(folder, { recursive: true });
  }

  /** Rejects with `ApiError` where the Secret cannot be read: then the files stay as they are. */
  async update(): Promise<void> {
    const secret = await this.#read();
    const version = textAt(secret, "metadata", "resourceVersion");
    if (version === this.#version) return;
    const files = Object.entries(fieldsOf(secret["data"]));
    mkdirSync(join(this.folder, `..${version}`));
    for (const [name, data] of files)
      writeFileSync(join(this.folder, `..${version}`, name), Buffer.from(String(data), "base64"));
    symlinkSync(`..${version}`, join(this.folder, "..data_tmp"));
    renameSync(join(this.folder, "..data_tmp"), join(this.folder, "..data"));
    const there = readdirSync(this.folder);
    for (const [name] of files)
      if (!there.includes(name)) symlinkSync(join("..data", name), join(this.folder, name));
    this.#version = version;
  }
}
