import type { RawObject } from "../cluster/raw-fields.ts";
import { type Missed, type PodRecord, readPodRecord } from "./pod-record.ts";

/** More kinds of a part are not kept: then it begins anew, and what is alike may stand in memory twice. */
const mostKinds = 5_000;
/** A part that is longer is hardly like another. */
const longestKey = 4_096;

/** One value in the place of all that are alike. */
class AlikeParts<Part> {
  readonly #keyOf: (part: Part) => string;
  readonly #known = new Map<string, Part>();

  constructor(keyOf: (part: Part) => string) {
    this.#keyOf = keyOf;
  }

  one(part: Part): Part {
    const key = this.#keyOf(part);
    const known = this.#known.get(key);
    if (known !== undefined || key.length > longestKey) return known ?? part;
    if (this.#known.size >= mostKinds) this.#known.clear();
    this.#known.set(key, part);
    return part;
  }
}

/**
 * A reader as `readPodRecord`, whose records share what is alike in them: of 50,000 pods most have one of a few sets of
 * clients in one of a few states, and they stand in memory for as long as the pods do.
 */
export function sharingReader(
  judgeMissed: (raw: RawObject) => Missed | undefined,
): (raw: RawObject) => PodRecord | undefined {
  const texts = new AlikeParts<string>((text) => text);
  const claims = new AlikeParts<PodRecord["mounted"]>(JSON.stringify);
  const clients = new AlikeParts<PodRecord["clients"]>(JSON.stringify);
  const owners = new AlikeParts<NonNullable<PodRecord["owner"]>>(JSON.stringify);
  return (raw) => {
    const record = readPodRecord(raw, judgeMissed);
    return (
      record && {
        ...record,
        namespace: texts.one(record.namespace),
        phase: texts.one(record.phase),
        ...(record.node !== undefined && { node: texts.one(record.node) }),
        ...(record.owner !== undefined && { owner: owners.one(record.owner) }),
        mounted: claims.one(record.mounted),
        served: claims.one(record.served),
        clients: clients.one(record.clients),
      }
    );
  };
}
