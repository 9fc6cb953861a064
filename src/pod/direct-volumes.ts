import type { Volume } from "kubernetes-types/core/v1";
import { type ClientDraft, serves } from "./client-draft.ts";
import type { ClientPlan, ServedClaim } from "./client-plan.ts";
import type { CsiSharing, DirectLayout } from "./direct-layout.ts";
import type { DirectVolume } from "./direct-mount.ts";
import { sharedVolume } from "./shared-volume.ts";

/** The volumes that show a client's mount; of several that show the same, all but the first are done without. */
export class DirectVolumes {
  readonly #byName = new Map<string, DirectVolume>();
  readonly #first = new Map<ClientPlan, string>();
  readonly #drafts: readonly ClientDraft[];
  readonly #mounted: ReadonlySet<string>;
  readonly #layout: DirectLayout;

  constructor(drafts: readonly ClientDraft[], mounted: ReadonlySet<string>, layout: DirectLayout) {
    this.#drafts = drafts;
    this.#mounted = mounted;
    this.#layout = layout;
  }

  /** Takes in a volume; nothing is done with one that is no mounted claim of a client's. */
  add({ name, persistentVolumeClaim: source }: Volume): void {
    if (source === undefined || !this.#mounted.has(source.claimName)) return;
    const plan = this.#drafts.find((draft) => serves(draft.plan, source.claimName))?.plan;
    const claim = plan?.claims.find((candidate) => candidate.name === source.claimName);
    if (plan === undefined || claim === undefined) return;
    const first = this.#first.get(plan);
    if (first === undefined) this.#first.set(plan, name);
    this.#byName.set(name, this.#show(name, plan, claim, source.readOnly === true, first));
  }

  /** By the volume's name in the pod or template. */
  find(name: string): DirectVolume | undefined {
    return this.#byName.get(name);
  }

  /** Name of the volume that the plan's client mounts in, which all others that show the same give way to. */
  sharedBy(plan: ClientPlan): string | undefined {
    return this.#first.get(plan);
  }

  #show(
    name: string,
    plan: ClientPlan,
    claim: ServedClaim,
    readOnly: boolean,
    first: string | undefined,
  ): DirectVolume {
    const { sharing } = this.#layout;
    const { mountPath } = plan.template;
    return {
      name,
      volume: first ?? name,
      isFirst: first === undefined,
      client: plan.name,
      label: plan.label,
      subPath: claim.subPath,
      readOnly: claim.readOnly || readOnly,
      replacement: sharing.kind === "inline-csi" ? csiVolume(name, mountPath, sharing) : sharedVolume(name),
    };
  }
}

function csiVolume(name: string, mountPath: string, { driver, fsType, attribute }: CsiSharing): Volume {
  return { name, csi: { driver, fsType, volumeAttributes: { [attribute]: lastName(mountPath) } } };
}

/** By which a vendor's driver finds a client's mount. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
