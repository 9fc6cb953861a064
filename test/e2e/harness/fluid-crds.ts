import { fluidResources } from "../../../src/cluster/api-resources.ts";
import { customKind } from "./custom-kind.ts";

/** Fluid's kinds as far as a cluster needs them to store objects. */
export function fluidCrds(): { readonly metadata: { readonly name: string } }[] {
  return fluidResources.map(customKind);
}
