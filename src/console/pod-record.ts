import type { Pod } from "kubernetes-types/core/v1";
import { fieldAt, objectsAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import { readClientStates } from "../pod/client-state.ts";
import type { ClientState, Health } from "./api-types.ts";
import { decidedPart } from "./decided-part.ts";

/** A pod that ought to have clients and has none. */
export interface Missed {
  readonly refusal: string | undefined;
  readonly remedy: string;
}

/** What is kept in memory of a pod that has, or could have, a dataset. */
export interface PodRecord {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly phase: string;
  readonly node?: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  /** Claims that it mounts itself, and those that its clients serve. */
  readonly mounted: readonly string[];
  readonly served: readonly string[];
  readonly clients: readonly Omit<ClientState, "dataset">[];
  readonly ended: boolean;
  /** Of the pod itself what decides whether it was missed, where it mounts claims and has no client. */
  readonly raw?: RawObject;
  /** In place of it where that is very large: how it was judged when it came. */
  readonly judged?: { readonly missed: Missed | undefined };
}

/** More claims of one pod are not told. */
const mostClaims = 500;

const healthOf: Readonly<Record<string, Health>> = { ok: "well", wait: "waiting", problem: "bad" };

/** Reads a pod as the API server has it; undefined for one that has no clients and mounts no claim. Never throws. */
export function readPodRecord(
  raw: RawObject,
  judgeMissed: (raw: RawObject) => Missed | undefined,
): PodRecord | undefined {
  const clients = clientsOf(raw);
  const mounted = objectsAt(raw, "spec", "volumes").flatMap(
    (volume) => textAt(volume, "persistentVolumeClaim", "claimName") ?? [],
  );
  if (clients.length === 0 && mounted.length === 0) return undefined;
  const phase = textAt(raw, "status", "phase") ?? "";
  const node = textAt(raw, "spec", "nodeName");
  const owner = ownerOf(raw);
  const ended = phase === "Succeeded" || phase === "Failed";
  return {
    namespace: textAt(raw, "metadata", "namespace") ?? "",
    name: textAt(raw, "metadata", "name") ?? "",
    created: textAt(raw, "metadata", "creationTimestamp") ?? "",
    phase: fieldAt(raw, "metadata", "deletionTimestamp") === undefined ? phase : "Terminating",
    ...(node && { node }),
    ...(owner && { owner }),
    mounted: [...new Set(mounted)].slice(0, mostClaims),
    served: [...new Set(clients.flatMap(({ claim }) => claim ?? []))],
    clients,
    ended,
    ...(clients.length === 0 && !ended && toBeJudged(raw, judgeMissed)),
  };
}

function toBeJudged(
  raw: RawObject,
  judgeMissed: (raw: RawObject) => Missed | undefined,
): Pick<PodRecord, "raw" | "judged"> {
  const part = decidedPart(raw);
  return part === undefined ? { judged: { missed: judgeMissed(raw) } } : { raw: part };
}

/** The clients of a pod, each once for each claim that it serves. `warnings`: messages of its Warning Events. */
export function clientsOf(
  raw: RawObject,
  warnings: readonly string[] = [],
): (Omit<ClientState, "dataset"> & { readonly ended: boolean })[] {
  return statesOf(raw, warnings).flatMap((client) => {
    const { container, state, level, message, remedy, restarts } = client;
    const told = {
      container,
      state,
      health: state === "ended" && level === "ok" ? "ended" : (healthOf[level] ?? "well"),
      reason: message,
      ...(remedy !== "" && { remedy }),
      restarts,
      ended: state === "ended",
    } satisfies Omit<ClientState, "dataset"> & { ended: boolean };
    const claims: readonly (string | undefined)[] = client.claims.length === 0 ? [undefined] : client.claims;
    return claims.map((claim) => (claim === undefined ? told : { ...told, claim }));
  });
}

function statesOf(raw: RawObject, warnings: readonly string[]): ReturnType<typeof readClientStates> {
  try {
    return readClientStates(asPod(raw), { warnings });
  } catch {
    // A pod that does not look like one is none of ours.
    return [];
  }
}

/** The API server has checked it; what it let through and is no pod is caught above. */
function asPod(raw: RawObject): Pod {
  return { ...raw };
}

function ownerOf(raw: RawObject): PodRecord["owner"] {
  const owner = objectsAt(raw, "metadata", "ownerReferences").find(({ controller }) => controller === true);
  const [kind, name] = [textAt(owner, "kind"), textAt(owner, "name")];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}
