import type { EventWriter } from "../event-writer.ts";
import type { VolumeState } from "./volume-state.ts";

type Events = Pick<EventWriter, "tell">;

/** Tells on a claim that its clients have the Secret that they need. */
export function tellPrepared(events: Events, { claim }: VolumeState, secret: string): void {
  const message = `Secret ${secret} holds what JuiceFS's clients of this claim need`;
  events.tell(involved(claim), { type: "Normal", reason: "SecretPrepared", message });
}

/** Tells on a claim why its clients have no Secret. */
export function tellNotPrepared(events: Events, { claim }: VolumeState, why: string): void {
  events.tell(involved(claim), { type: "Warning", reason: "SecretNotPrepared", message: why });
}

function involved({ namespace, name, uid }: VolumeState["claim"]) {
  return { kind: "PersistentVolumeClaim", key: `${namespace}/${name}`, uid } as const;
}
