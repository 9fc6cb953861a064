import type { Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import { type ClientDraft, draftClient, inDependencyOrder, mountedClaims, serves } from "./client-draft.ts";
import type { ClientPlan } from "./client-plan.ts";
import { containersOf } from "./containers.ts";
import { directClient } from "./direct-container.ts";
import type { DirectLayout } from "./direct-layout.ts";
import { directMount } from "./direct-mount.ts";
import { DirectVolumes, lastName } from "./direct-volumes.ts";
import { freeName } from "./names.ts";
import type { PodEditor } from "./pod-editor.ts";
import { preparesFromDataset, preparingContainers } from "./preparing-containers.ts";
import { changeMount } from "./serve-containers.ts";

/**
 * Puts a client into the pod for each plan whose claim is mounted, where no views are served: the volumes of one
 * dataset become one that its client mounts straight into. Returns what is to be said, and the claims that no container
 * mounts. Where a refusal is among the findings, the edits are of no use.
 */
export function addDirectClients(
  editor: PodEditor,
  plans: readonly ClientPlan[],
  layout: DirectLayout,
): { findings: Finding[]; unmounted: ReadonlySet<string> } {
  const taken = new Set(editor.pod.spec?.volumes?.map((volume) => volume.name));
  const all = plans.map((plan) => draftClient(plan, taken));
  const mounted = mountedClaims(all, editor.pod);
  const drafts = inDependencyOrder(
    all.filter(({ plan }) => plan.claims.some((claim) => mounted.has(claim.name))),
  );
  const claims = plans.flatMap((plan) => plan.claims.map((claim) => claim.name));
  const unmounted = new Set(claims.filter((claim) => !mounted.has(claim)));
  if (drafts.length === 0) return { findings: [], unmounted };

  const volumes = new DirectVolumes(drafts, mounted, layout);
  const podVolumes = editor.pod.spec?.volumes ?? [];
  for (const volume of podVolumes) volumes.add(volume);
  for (const draft of drafts) for (const volume of draft.volumes) volumes.add(volume);
  const findings = [...sameNames(drafts, layout), ...serveContainers(editor, volumes, layout)];
  replaceVolumes(editor, podVolumes, volumes);

  const token = freeName("sluice-no-token", taken);
  taken.add(token);
  const start = insertPosition(editor.pod, layout, volumes);
  drafts.forEach((draft, index) => {
    const { plan } = draft;
    const why = `mounts ${plan.label}; made from ${describeRef(plan.template.source)}`;
    const container = directClient(
      { ...draft.container, volumeMounts: nestedMounts(draft, volumes, layout, findings) },
      plan,
      layout,
      layout.sharing.kind === "empty-dir" ? volumes.sharedBy(plan) : undefined,
      token,
      levelOf(draft, drafts.slice(0, index)),
    );
    editor.insert(["spec", listOf(layout)], start + index, container, why);
  });
  for (const draft of [...drafts].reverse())
    for (const { container, why } of preparingContainers(draft, editor.pod, token).reverse())
      editor.insert(["spec", "initContainers"], layout.native ? start : 0, container, why);
  findings.push(
    ...drafts.flatMap((draft) => preparesFromDataset(draft, (name) => volumes.find(name) !== undefined)),
  );
  for (const draft of drafts) addVolumes(editor, draft, volumes);
  const why = "keeps the pod's API token out of the clients";
  editor.append(["spec", "volumes"], { name: token, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }, why);
  return { findings, unmounted };
}

/** The client's own volumes; one that shows another client's mount is shared, and there once. */
function addVolumes(editor: PodEditor, { plan, volumes: own }: ClientDraft, volumes: DirectVolumes): void {
  for (const volume of own) {
    const why = `belongs to ${plan.name}, from ${describeRef(plan.template.source)}`;
    const shown = volumes.find(volume.name);
    if (shown === undefined) editor.append(["spec", "volumes"], volume, why);
    else if (shown.isFirst) editor.append(["spec", "volumes"], shown.replacement, why);
  }
}

/** The vendor's driver finds a client's mount by its last name alone. */
function sameNames(drafts: readonly ClientDraft[], { sharing }: DirectLayout): Finding[] {
  if (sharing.kind !== "inline-csi") return [];
  const found = new Map<string, ClientPlan>();
  return drafts.flatMap(({ plan }): Finding[] => {
    const name = lastName(plan.template.mountPath);
    const other = found.get(name);
    found.set(name, plan);
    if (other === undefined) return [];
    const message = `${other.label} and ${plan.label} are both mounted at …/${name}, by which driver ${sharing.driver} finds them: use one of them in a pod`;
    return [{ code: "name-taken", message }];
  });
}

function serveContainers(editor: PodEditor, volumes: DirectVolumes, layout: DirectLayout): Finding[] {
  const findings: Finding[] = [];
  for (const { container, path } of containersOf(editor.pod))
    container.volumeMounts?.forEach((mount, index) => {
      const volume = volumes.find(mount.name);
      if (volume === undefined) return;
      const served = directMount(`container ${container.name}`, mount, volume, layout);
      findings.push(...served.findings);
      const why = `container ${container.name} sees the dataset at ${mount.mountPath} as ${volume.client} mounts it`;
      changeMount(editor, [...path, "volumeMounts", index], mount, served.mount, why);
    });
  return findings;
}

/** From the back, so that one that goes does not shift those that are still to come. */
function replaceVolumes(editor: PodEditor, before: readonly Volume[], volumes: DirectVolumes): void {
  for (let index = before.length - 1; index >= 0; index--) {
    const volume = volumes.find(before[index]?.name ?? "");
    if (volume === undefined) continue;
    const claim = before[index]?.persistentVolumeClaim?.claimName;
    if (volume.isFirst) {
      const why = `shows ${volume.label} as ${volume.client} mounts it, instead of claim ${claim}`;
      editor.set(["spec", "volumes", index], volume.replacement, why);
    } else
      editor.remove(["spec", "volumes", index], `volume ${volume.volume} shows the same, so this one goes`);
  }
}

function nestedMounts(
  { container, plan }: ClientDraft,
  volumes: DirectVolumes,
  layout: DirectLayout,
  findings: Finding[],
): VolumeMount[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = volumes.find(mount.name);
    if (volume === undefined) return mount;
    const served = directMount(`client ${plan.name}`, mount, volume, layout);
    findings.push(...served.findings);
    return served.mount;
  });
}

/** How many clients, one behind the other, have to run before this one. */
function levelOf(draft: ClientDraft, earlier: readonly ClientDraft[]): number {
  const claims = draft.volumes.map((volume) => volume.persistentVolumeClaim?.claimName);
  const sources = earlier.filter(({ plan }) => claims.some((claim) => claim && serves(plan, claim)));
  if (sources.length === 0) return 0;
  return 1 + Math.max(...sources.map((source) => levelOf(source, earlier.slice(0, earlier.indexOf(source)))));
}

function listOf({ native }: DirectLayout): "initContainers" | "containers" {
  return native ? "initContainers" : "containers";
}

/**
 * First, but behind native mesh proxies, which a client may need to reach its storage, as long as they stand before all
 * that need data; where a variable orders the containers the app stays the first of them.
 */
function insertPosition(pod: Pod, layout: DirectLayout, volumes: DirectVolumes): number {
  if (!layout.native) return layout.startPriority === undefined ? 0 : (pod.spec?.containers.length ?? 0);
  const isProxy = (name: string, policy: string | undefined) =>
    layout.meshProxies.includes(name) && policy === "Always";
  const containers = pod.spec?.initContainers ?? [];
  const behind = containers.findLastIndex(({ name, restartPolicy }) => isProxy(name, restartPolicy)) + 1;
  const consumer = containers.findIndex((container) =>
    container.volumeMounts?.some((mount) => volumes.find(mount.name) !== undefined),
  );
  return consumer < 0 ? behind : Math.min(behind, consumer);
}
