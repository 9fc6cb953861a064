import { createHash } from "node:crypto";
import { ApiError, reasonOf } from "../../cluster/api-error.ts";
import type { ObjectPlace } from "../../cluster/cluster-writer.ts";
import {
  factsKey,
  factsLabel,
  factsName,
  factsSecretKey,
  secretData,
  writeFacts,
} from "../../cluster/juicefs-projections.ts";
import { clientValues, type JuicefsSecretReading, readJuicefsSecret } from "../../cluster/juicefs-secret.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { clientSecretName } from "../../datasets/juicefs/secret-name.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Controller, nothing } from "../controller.ts";
import type { EventWriter } from "../event-writer.ts";
import type { LimitedWriter } from "../limited-writer.ts";
import type { Done } from "../work-queue.ts";
import { clientSecret, isClientSecret, isSameSecret } from "./client-secret.ts";
import { tellNotPrepared, tellPrepared } from "./tell-claims.ts";
import type { VolumeState } from "./volume-state.ts";

export interface PrepareSecretsOptions {
  readonly writer: LimitedWriter;
  /** The volumes that name this Secret ("namespace/name") and are claimed where pods ask for clients. */
  readonly volumesOf: (secret: string) => readonly VolumeState[];
  /** How many Secrets are named by volumes. */
  readonly sources: () => number;
  /** What was last seen to be written down of this Secret ("namespace/name"). */
  readonly toldOf: (secret: string) => string | undefined;
  /** Where what may be told of a Secret is written down. */
  readonly factsNamespace: string;
  readonly events: Pick<EventWriter, "tell">;
  readonly log: Log;
  readonly elapsed: () => number;
}

/**
 * A source is read again after this time: it may have changed, and nothing tells of that, for the right to watch Secrets
 * is the right to read all of them. Of many Secrets ten are read each second.
 */
const refreshMs = 30_000;
const refreshMsForEach = 100;
/** What was made here is looked at again after this time, lest somebody else has changed it. */
const recheckMs = 600_000;

/** What was seen of a client's Secret last. */
interface Seen {
  readonly digest: string;
  readonly at: number;
  readonly foreign: boolean;
}

/**
 * Gives each claim of a JuiceFS volume one Secret with what its clients need, and writes down what admission may know of
 * the volume's own Secret: everything but the values. Its keys are the sources: all claims of one are done in one go.
 */
export function prepareSecrets(options: PrepareSecretsOptions): Controller {
  const { writer, volumesOf, sources, toldOf, factsNamespace, events, log, elapsed } = options;
  const againMs = () => Math.max(refreshMs, sources() * refreshMsForEach);
  /** By source, and then by the claim's uid. */
  const seenOf = new Map<string, Map<string, Seen>>();

  const serve = async (
    volume: VolumeState,
    values: Readonly<Record<string, string>>,
    seen: Map<string, Seen>,
    signal: AbortSignal,
  ): Promise<void> => {
    const { namespace, name: claim, uid } = volume.claim;
    const digest = digestOf(values);
    const before = seen.get(uid);
    if (before?.digest === digest && elapsed() - before.at < recheckMs) return;
    const name = clientSecretName(volume.claim);
    const foreign = !(await put(
      secretPlace(namespace, name),
      clientSecret(name, volume, values),
      volume,
      signal,
    ));
    const secret = `${namespace}/${name}`;
    const words =
      "a Secret of that name is not Sluice's and is left as it is, so the claim's clients get what stands in it: rename it";
    if (foreign && before?.foreign !== true) log.warn({ secret, claim: `${namespace}/${claim}` }, words);
    if (foreign) tellNotPrepared(events, volume, `Secret ${secret}: ${words}`);
    seen.set(uid, { digest, at: elapsed(), foreign });
  };

  /** False where the name is somebody else's. */
  const put = async (
    place: ObjectPlace,
    wanted: RawObject,
    volume: VolumeState,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const there = await writer.read(place, signal);
    if (there === undefined) {
      if (!(await writer.create(place, wanted, signal)))
        throw new Error(`Secret ${place.namespace}/${place.name} has been made by somebody else just now`);
      log.info({ secret: place.name, namespace: place.namespace }, "made for a claim");
      tellPrepared(events, volume, `${place.namespace}/${place.name}`);
      return true;
    }
    if (!isClientSecret(there, volume)) return false;
    if (isSameSecret(there, wanted)) return true;
    if (!(await writer.replace(place, withVersion(wanted, there), signal)))
      throw new Error(`Secret ${place.namespace}/${place.name} has changed meanwhile`);
    return true;
  };

  /** One claim whose Secret cannot be written, such as in a namespace that is not granted, holds up no other. */
  const serveAll = async (
    volumes: readonly VolumeState[],
    serveOne: (volume: VolumeState) => Promise<void>,
  ): Promise<void> => {
    const failures: unknown[] = [];
    for (const volume of volumes)
      await serveOne(volume).catch((error: unknown) => {
        failures.push(error);
        tellNotPrepared(events, volume, reasonOf(error));
      });
    if (failures.length > 0) throw failures[0];
  };

  const tell = async (
    key: string,
    reading: JuicefsSecretReading | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    if (toldOf(key) === (reading && writeFacts(reading))) return;
    const place = factsPlace(key, factsNamespace);
    const there = await writer.read(place, signal);
    const ours = there !== undefined && textAt(there, "metadata", "labels", factsLabel) === "true";
    if (there !== undefined && !ours)
      throw new Error(`ConfigMap ${place.namespace}/${place.name} is not Sluice's: delete it`);
    if (reading === undefined) {
      if (ours) await writer.delete(place, textAt(there, "metadata", "uid") ?? "", signal);
      return;
    }
    const wanted = factsMap(place, key, reading);
    if (there === undefined) await writer.create(place, wanted, signal);
    else if (textAt(there, "data", factsKey) !== writeFacts(reading))
      await writer.replace(place, withVersion(wanted, there), signal);
  };

  return {
    name: "juicefs-secrets",
    work: async (key, signal): Promise<Done> => {
      const volumes = volumesOf(key);
      if (volumes.length === 0) {
        seenOf.delete(key);
        await tell(key, undefined, signal);
        return nothing;
      }
      const [namespace = "", name = ""] = key.split("/");
      const source = await readSource(writer, namespace, name, signal);
      const reading = "problem" in source ? source : readJuicefsSecret(source.data);
      await tell(key, reading, signal);
      if ("problem" in source || "problem" in reading) {
        const why = "problem" in reading ? reading.problem : "";
        for (const volume of volumes) tellNotPrepared(events, volume, `Secret ${key}: ${why}`);
        return { result: "unusable", againMs: againMs() };
      }
      const seen = onlyOf(volumes, seenOf.get(key));
      seenOf.set(key, seen);
      await serveAll(volumes, async (volume) => {
        // Where the source lies in the pod's namespace, the pod can use it as it is.
        const variablesOnly = volume.claim.namespace === namespace;
        const values = clientValues(source.data, reading.facts, { variablesOnly });
        if (Object.keys(values).length > 0) await serve(volume, values, seen, signal);
      });
      return { result: "prepared", againMs: againMs() };
    },
  };
}

/** Of claims that are gone nothing has to be known any more. */
function onlyOf(volumes: readonly VolumeState[], seen = new Map<string, Seen>()): Map<string, Seen> {
  const uids = new Set(volumes.map(({ claim }) => claim.uid));
  return new Map([...seen].filter(([uid]) => uids.has(uid)));
}

async function readSource(
  writer: LimitedWriter,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly data: Record<string, string> } | { readonly problem: string }> {
  try {
    const secret = await writer.read(secretPlace(namespace, name), signal);
    return secret === undefined ? { problem: "it does not exist: create it" } : { data: secretData(secret) };
  } catch (error) {
    // A right that is missing is an answer: admission can tell it to those whom it concerns.
    if (error instanceof ApiError && error.status === 403)
      return {
        problem: `sluice controllers may not read it: allow get on Secrets in namespace ${namespace}`,
      };
    throw error;
  }
}

function factsMap(place: ObjectPlace, secret: string, reading: JuicefsSecretReading): RawObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: place.name,
      namespace: place.namespace,
      labels: { [factsLabel]: "true", "app.kubernetes.io/managed-by": "sluice" },
      annotations: { "sluice.io/about": `Secret ${secret}: everything but its values` },
    },
    data: { [factsKey]: writeFacts(reading), [factsSecretKey]: secret },
  };
}

function withVersion(wanted: RawObject, there: RawObject): RawObject {
  const resourceVersion = textAt(there, "metadata", "resourceVersion");
  return { ...wanted, metadata: { ...Object(wanted["metadata"]), resourceVersion } };
}

function factsPlace(key: string, factsNamespace: string): ObjectPlace {
  const [namespace = "", name = ""] = key.split("/");
  const place = { group: "", version: "v1", plural: "configmaps", namespace: factsNamespace };
  return { ...place, name: factsName({ namespace, name }) };
}

function secretPlace(namespace: string, name: string): ObjectPlace {
  return { group: "", version: "v1", plural: "secrets", namespace, name };
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64");
}
