import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { toYaml } from "../../src/cluster/kubernetes-yaml.ts";
import { showScripts } from "./script-placeholders.ts";

const root = new URL(".", import.meta.url).pathname;
/** Objects that are in the cluster of every case. */
const sharedFolder = "cluster";
const inputFiles = ["pod.yaml", "cluster.yaml", "config.yaml"];
export const expectationFiles = ["expected.patch.json", "expected.pod.yaml", "expected.txt"] as const;
export type ExpectationFile = (typeof expectationFiles)[number];

/** Contents of the files that a case expects; no others may be there. */
export type Expectations = Readonly<Partial<Record<ExpectationFile, string>>>;

export interface GoldenCase {
  readonly name: string;
  /** The manifest, as it stands in pod.yaml but for placeholders. */
  readonly text: string;
  readonly object: Readonly<Record<string, unknown>>;
  /** Parsed config.yaml. */
  readonly config: unknown;
}

/** Names of the folders with cases. */
export function caseNames(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== sharedFolder)
    .map(({ name }) => name)
    .sort();
}

/** What does not belong where the cases are: a folder that is no case, a file that nothing reads. */
export function strayFiles(): string[] {
  const known = new Set<string>([...inputFiles, ...expectationFiles]);
  const inCases = caseNames().flatMap((name) => {
    const files = readdirSync(join(root, name));
    const stray = files.filter((file) => !known.has(file)).map((file) => join(name, file));
    return files.includes("pod.yaml") ? stray : [`${name} (no pod.yaml)`, ...stray];
  });
  const shared = readdirSync(join(root, sharedFolder)).filter((file) => !file.endsWith(".yaml"));
  const beside = readdirSync(root, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.endsWith(".ts"))
    .map((entry) => entry.name);
  return [...inCases, ...shared.map((file) => join(sharedFolder, file)), ...beside];
}

export function readCase(name: string): GoldenCase {
  const written = readFileSync(join(root, name, "pod.yaml"), "utf8");
  const object: unknown = showScripts(parse(written));
  if (!isObject(object)) throw new Error(`${name}/pod.yaml holds no object`);
  const text = /<\w+( script)?>/.test(written) ? toYaml(object) : written;
  return { name, text, object, config: parse(readIfThere(name, "config.yaml") ?? "") };
}

/** A temporary folder with the case's cluster: the shared objects, and those of its cluster.yaml, which win. */
export function writeCluster(name: string): string {
  const shared = readdirSync(join(root, sharedFolder)).map((file) => join(sharedFolder, file));
  const objects = new Map<string, unknown>();
  for (const file of [...shared.sort(), join(name, "cluster.yaml")])
    for (const document of parseAllDocuments(readIfThere(file) ?? "")) {
      if (document.errors[0] !== undefined) throw document.errors[0];
      const object: unknown = document.toJS();
      if (isObject(object)) objects.set(identityOf(object), object);
    }
  const folder = mkdtempSync(join(tmpdir(), "sluice-golden-"));
  writeFileSync(join(folder, "cluster.yaml"), [...objects.values()].map(toYaml).join("---\n"));
  return folder;
}

export function readExpectations(name: string): Expectations {
  return Object.fromEntries(
    expectationFiles.flatMap((file) => {
      const text = readIfThere(name, file);
      return text === undefined ? [] : [[file, text]];
    }),
  );
}

/** Replaces the files of a case's expectations; those that are no longer expected go. */
export function writeExpectations(name: string, expected: Expectations): void {
  for (const file of expectationFiles) {
    const text = expected[file];
    if (text === undefined) rmSync(join(root, name, file), { force: true });
    else writeFileSync(join(root, name, file), text);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function identityOf({ kind, metadata }: Readonly<Record<string, unknown>>): string {
  const { namespace = "", name } = isObject(metadata) ? metadata : {};
  return `${kind} ${namespace}/${name}`;
}

function readIfThere(...path: readonly string[]): string | undefined {
  const file = join(root, ...path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
