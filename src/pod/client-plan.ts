import type { ClientTemplate } from "../types/dataset-volume.ts";
import type { ClientSettings } from "./client-container.ts";

/** One client to be put into the pod. */
export interface ClientPlan extends ClientSettings {
  /** The number in its name, which the names of its volumes carry as well. */
  readonly number: number;
  /** Name of the container that attends a bare client's mount. */
  readonly attendant: string;
  /** What it serves: claims of one dataset. */
  readonly claims: readonly ServedClaim[];
  readonly template: ClientTemplate;
  /** What it mounts, in words: "Dataset default/imagenet". */
  readonly label: string;
}

export interface ServedClaim {
  readonly name: string;
  /** Where in the client's mount the claim's data begin, "" for the root. */
  readonly subPath: string;
  readonly readOnly: boolean;
}

/**
 * No supervisor can be put around the image's entrypoint, by which a template without a command runs, and none has a
 * mount to look after where the client makes files and sockets instead.
 */
export function isBare({ template }: ClientPlan): boolean {
  return template.directory !== undefined || (template.container.command ?? []).length === 0;
}

/** The container whose supervisor keeps the views: the client itself, or its attendant where the client runs bare. */
export function keeperOf(plan: ClientPlan): string {
  return isBare(plan) ? plan.attendant : plan.name;
}
