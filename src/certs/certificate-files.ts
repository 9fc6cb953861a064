import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CertificateFilesError } from "./check-pair.ts";

const fileNames = ["ca.crt", "ca.key", "tls.crt", "tls.key"] as const;
export type CertificateFileName = (typeof fileNames)[number];
/** What stands in a certificate folder; a file that is not there is left out. */
export type CertificateFiles = Readonly<Partial<Record<CertificateFileName, string>>>;

/** Reads the certificate files of `directory`. Throws `CertificateFilesError` for a file that cannot be read. */
export async function readCertificateFiles(directory: string): Promise<CertificateFiles> {
  const files: Partial<Record<CertificateFileName, string>> = {};
  for (const name of fileNames) {
    const content = await readIfThere(join(directory, name));
    if (content !== undefined) files[name] = content;
  }
  return files;
}

/**
 * Writes files into `directory`, made with mode 0700 if missing; each appears whole or not at all, keys with mode 0600.
 * Throws `CertificateFilesError`.
 */
export async function writeCertificateFiles(directory: string, files: CertificateFiles): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // Keys first: a certificate is only there once its key is.
    for (const name of ["ca.key", "ca.crt", "tls.key", "tls.crt"] as const) {
      const content = files[name];
      if (content !== undefined)
        await writeWhole(join(directory, name), content, name.endsWith(".key") ? 0o600 : 0o644);
    }
  } catch (cause) {
    throw unusable(
      `the certificate folder ${directory} cannot be written`,
      "make it writable, or put tls.crt and tls.key there",
      cause,
    );
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return undefined;
    throw unusable(`${path} cannot be read`, "make it readable for the user Sluice runs as", cause);
  }
}

async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: "wx" });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

function unusable(problem: string, remedy: string, cause: unknown): CertificateFilesError {
  return new CertificateFilesError(`${problem} (${errorCode(cause) ?? String(cause)}): ${remedy}`, { cause });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
