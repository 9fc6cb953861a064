import { defaultConfig } from "../../src/config.ts";
import type { ResolveOptions } from "../../src/datasets/claim-resolver.ts";

/** What is asked of the volumes of a pod in sidecar mode that asks for nothing in particular. */
export const resolveOptions: ResolveOptions = {
  clients: true,
  skipBoundCheck: false,
  keepCacheDirectories: false,
  references: defaultConfig.references,
};
