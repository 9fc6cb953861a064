import type { Pod } from "kubernetes-types/core/v1";
import type { Edit } from "../../types/edit.ts";
import { containersOf } from "../containers.ts";
import { type Path, PodEditor } from "../pod-editor.ts";
import { statusAnnotation } from "../status-annotation.ts";
import { type BeforeInjection, readBefore } from "./before-injection.ts";
import { findOwnParts, type OwnParts } from "./own-parts.ts";
import { removeMarks } from "./remove-marks.ts";
import { isSteered, removeSteering, restoreAffinity } from "./remove-steering.ts";
import { restoreGoneVolumes, restoreMounts, restoreVolumes, type Unknowns } from "./restore-volumes.ts";

/** A pod without what was injected into it. */
export interface TakenOut extends Unknowns {
  /** Names of the containers that go. */
  readonly containers: readonly string[];
  /** Empty where nothing was injected, or `blocking` says why it cannot be taken out. */
  readonly edits: readonly Edit[];
  /** The pod after the edits. */
  readonly pod: Pod;
}

/**
 * Takes out of a pod what an injection put in: known by its structure, and by sluice.io/status for the names of the
 * claims, and what is written there of the pod as it came. What the pod no longer tells is named: in `blocking` where
 * nothing can be done without it, else in `notes`.
 */
export function takeOut(pod: Pod): TakenOut {
  const stated = readBefore(pod.metadata?.annotations?.[statusAnnotation]);
  const parts = findOwnParts(pod, (name) => Object.hasOwn(stated?.volumes ?? {}, name));
  // Without a client the annotation is another pod's.
  const before = parts.clients.length > 0 ? stated : undefined;
  const editor = new PodEditor(pod);
  const unknowns: Unknowns = { blocking: [], notes: [] };
  const { annotations } = pod.metadata ?? {};
  const prepared = annotations?.["fluid.io/datasets-in-use"] !== undefined || isSteered(pod);
  if (parts.containers.size === 0 && !prepared) return { containers: [], edits: [], pod, ...unknowns };

  restoreMounts(editor, parts, before, unknowns);
  removeChecks(editor);
  restoreVolumes(editor, parts, before, unknowns);
  if (unknowns.blocking.length > 0) return { containers: [], edits: [], pod, ...unknowns };
  removeContainers(editor, parts);
  removeVolumes(editor, parts);
  restoreGoneVolumes(editor, before);
  removeMarks(editor, parts, before);
  if (before === undefined) {
    removeSteering(editor, unknowns.notes);
    if (parts.clients.length > 0) tellOfTheRest(editor.pod, unknowns);
    else tellOfPropagation(editor.pod, unknowns);
  } else {
    restoreAffinity(editor, before);
    removeAdded(editor, before);
  }
  return { containers: [...parts.containers], edits: editor.edits, pod: editor.pod, ...unknowns };
}

/** The hooks that fail an app whose dataset is not mounted. */
function removeChecks(editor: PodEditor): void {
  for (const { container, path } of containersOf(editor.pod)) {
    if (container.lifecycle?.postStart?.exec?.command?.[3] !== "sluice-check") continue;
    const alone = Object.keys(container.lifecycle).length === 1;
    const at = alone ? [...path, "lifecycle"] : [...path, "lifecycle", "postStart"];
    editor.remove(at, `looked for the dataset of container ${container.name}`);
  }
}

/** From the back, so that one that goes does not shift those that are still to come. */
function removeContainers(editor: PodEditor, { containers }: OwnParts): void {
  for (const list of ["initContainers", "containers"] as const) {
    const before = editor.pod.spec?.[list] ?? [];
    for (let index = before.length - 1; index >= 0; index--) {
      const name = before[index]?.name ?? "";
      if (containers.has(name)) editor.remove(["spec", list, index], `container ${name} was injected`);
    }
    if (list === "initContainers" && before.length > 0 && editor.pod.spec?.initContainers?.length === 0)
      editor.remove(["spec", list], "is empty");
  }
}

function removeVolumes(editor: PodEditor, { volumes }: OwnParts): void {
  const before = editor.pod.spec?.volumes ?? [];
  for (let index = before.length - 1; index >= 0; index--) {
    const name = before[index]?.name ?? "";
    if (volumes.has(name)) editor.remove(["spec", "volumes", index], `volume ${name} belongs to a client`);
  }
}

function removeAdded(editor: PodEditor, { pullSecrets = [], dns = [] }: BeforeInjection): void {
  const { spec } = editor.pod;
  if (spec?.imagePullSecrets && pullSecrets.length > 0) {
    const own = spec.imagePullSecrets.filter(({ name = "" }) => !pullSecrets.includes(name));
    setList(editor, ["spec", "imagePullSecrets"], own, "some were for the clients' images");
  }
  for (const list of ["nameservers", "searches"] as const) {
    const entries = spec?.dnsConfig?.[list];
    if (!entries?.some((entry) => dns.includes(entry))) continue;
    const own = entries.filter((entry) => !dns.includes(entry));
    setList(editor, ["spec", "dnsConfig", list], own, "some were for the clients");
  }
  const left = editor.pod.spec?.dnsConfig;
  if (left && Object.keys(left).length === 0) editor.remove(["spec", "dnsConfig"], "is empty");
}

function setList(editor: PodEditor, path: Path, entries: readonly unknown[], why: string): void {
  if (entries.length === 0) editor.remove(path, why);
  else editor.set(path, entries, why);
}

/** In csi mode mounts of claims get it where they state none, and nothing is written down. */
function tellOfPropagation(pod: Pod, { notes }: Unknowns): void {
  const claims = new Set(
    pod.spec?.volumes?.flatMap(({ name, persistentVolumeClaim: claim }) =>
      claim === undefined ? [] : [name],
    ),
  );
  for (const { container } of containersOf(pod)) {
    const paths = (container.volumeMounts ?? [])
      .filter(({ name, mountPropagation }) => claims.has(name) && mountPropagation === "HostToContainer")
      .map(({ mountPath }) => mountPath);
    if (paths.length > 0)
      notes.push(
        `container ${container.name}: mountPropagation HostToContainer of ${paths.join(", ")} stays: whether the pod's own is not known`,
      );
  }
}

/** Lists that an injection may have added to, and in which nothing says what is whose. */
function tellOfTheRest({ spec }: Pod, { notes }: Unknowns): void {
  const secrets = (spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
  if (secrets.length > 0)
    notes.push(`imagePullSecrets ${secrets.join(", ")} stay: some may be for the clients' images`);
  const { nameservers = [], searches = [] } = spec?.dnsConfig ?? {};
  if (nameservers.length + searches.length > 0)
    notes.push("dnsConfig stays: some of it may be for the clients");
}
