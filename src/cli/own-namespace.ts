import { readFile } from "node:fs/promises";
import type { CommandIo } from "./command-io.ts";

const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const defaultNamespace = "sluice-system";

/** The namespace of the pod that this runs in. */
export async function ownNamespace(env: CommandIo["env"]): Promise<string> {
  const told = env["POD_NAMESPACE"];
  if (told !== undefined && told !== "") return told;
  const found = await readFile(namespaceFile, "utf8").catch(() => "");
  return found.trim() || defaultNamespace;
}
