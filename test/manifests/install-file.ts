import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseAllDocuments } from "yaml";

const manifests = new URL("../../manifests/", import.meta.url).pathname;
export const chartFolder: string = posix.join(manifests, "chart");
export const installFile: string = posix.join(manifests, "install.yaml");

/** The options of `helm template` that install.yaml is rendered with, besides the chart's defaults. */
export const installOptions = ["--namespace", "sluice-system", "--kube-version", "1.30.0"] as const;
export const installValues = ["--set", "namespace.create=true"] as const;

/** What stands above the rendered chart: it also tells a stale file where there is no helm to render it with. */
export function installHeader(): string {
  return [
    "# Sluice as the chart has it by default, for `kubectl apply -f`. Rendered from manifests/chart: change that, then",
    "#   test/tools/build-helm.sh && UPDATE_GOLDEN=1 npm test -- test/manifests",
    `# chart: sha256:${chartDigest()}`,
    "",
  ].join("\n");
}

function chartDigest(): string {
  const hash = createHash("sha256");
  const files = readdirSync(chartFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash
      .update(`${posix.relative(chartFolder, file)}\n`)
      .update(readFileSync(file))
      .update("\n");
  return hash.digest("hex");
}

export function readInstallFile(): string {
  return readFileSync(installFile, "utf8");
}

/** The Kubernetes objects of a file, as whoever asks knows them to be. */
export function objectsIn(text: string) {
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

export function allOf(kind: string, text: string = readInstallFile()) {
  return objectsIn(text).filter((object) => object.kind === kind);
}

/** The only object of a kind. Throws when there is none or more than one. */
export function onlyOf(kind: string, text: string = readInstallFile()) {
  const found = objectsIn(text).filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} objects of kind ${kind}`);
  return found[0];
}
