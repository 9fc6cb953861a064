/**
 * Why a client in a pod is in the state it is in, as the pod's status tells it. `level`: `ok` needs nothing, `wait`
 * mostly goes away by itself, `problem` needs somebody. `remedy` is what helps in general.
 */
export const clientReasons = {
  serves: { level: "ok", meaning: "the client serves its dataset", remedy: "" },
  "pod-ending": { level: "ok", meaning: "the pod is being deleted", remedy: "" },
  ended: { level: "ok", meaning: "the client has ended as its pod has", remedy: "" },

  gated: {
    level: "wait",
    meaning: "the pod is held back by a scheduling gate",
    remedy: "see whether what takes the gate away runs",
  },
  "not-scheduled": {
    level: "wait",
    meaning: "the pod has no node yet",
    remedy: "see the scheduler's message",
  },
  "not-reported": {
    level: "wait",
    meaning: "the node has told nothing of the container yet",
    remedy: "see whether the node is ready",
  },
  creating: {
    level: "wait",
    meaning: "the node prepares volumes, network and image for the container",
    remedy: "if it stays so, see the pod's Events for a volume that cannot be mounted",
  },
  "waits-its-turn": {
    level: "wait",
    meaning: "a container that starts earlier is not done",
    remedy: "see that container",
  },
  "mount-unproven": {
    level: "wait",
    meaning: "the client runs, and no container that needs its mount has started yet",
    remedy: "see why those containers do not start",
  },
  "mount-missing": {
    level: "problem",
    meaning: "the client runs, and its mount is not there",
    remedy: "see the client's log: mostly its master or storage does not answer, or refuses its credentials",
  },

  "image-pull": {
    level: "problem",
    meaning: "the image cannot be pulled",
    remedy: "see that the image exists, and that the pod's imagePullSecrets open its registry",
  },
  "secret-missing": {
    level: "problem",
    meaning: "a Secret that the client needs, or a key in it, is not in the pod's namespace",
    remedy: "copy it into the pod's namespace",
  },
  "config-map-missing": {
    level: "problem",
    meaning: "a ConfigMap that the client needs, or a key in it, is not in the pod's namespace",
    remedy: "copy it into the pod's namespace",
  },
  "volume-not-mounted": {
    level: "problem",
    meaning: "the node cannot mount one of the pod's volumes",
    remedy: "see the pod's Events",
  },
  "cannot-start": {
    level: "problem",
    meaning: "the node cannot make or start the container",
    remedy: "see the message: mostly the node allows no privileged container or has no /dev/fuse",
  },
  "out-of-memory": {
    level: "problem",
    meaning: "the client was killed for want of memory",
    remedy: "raise sluice.io/client-memory-limit on the pod, or make the client's cache smaller",
  },
  crashed: {
    level: "problem",
    meaning: "the client's container has failed",
    remedy: "see the log of its last run: kubectl logs --previous",
  },
  "back-off": {
    level: "problem",
    meaning: "the client's container fails again and again",
    remedy: "see the log of its last run: kubectl logs --previous",
  },
  "mount-lost": {
    level: "problem",
    meaning: "the app runs on a mount that is gone and does not come back by itself",
    remedy: "create the pod anew",
  },
  "client-ended": {
    level: "problem",
    meaning: "the client has ended for good while the app runs",
    remedy: "create the pod anew",
  },
  "pod-evicted": {
    level: "problem",
    meaning: "the node has evicted the pod",
    remedy: "see the pod's status.message",
  },
} as const satisfies Record<string, ClientReasonInfo>;

export interface ClientReasonInfo {
  readonly level: "ok" | "wait" | "problem";
  readonly meaning: string;
  readonly remedy: string;
}

export type ClientReason = keyof typeof clientReasons;

/** Details of a client's reason, as one shape whatever the reason. */
export function clientReasonInfo(code: ClientReason): ClientReasonInfo {
  return clientReasons[code];
}
