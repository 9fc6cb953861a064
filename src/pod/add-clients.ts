import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import { bareClientContainers, clientContainer } from "./client-container.ts";
import { type ClientDraft, draftClient, inDependencyOrder, mountedClaims, serves } from "./client-draft.ts";
import { type ClientPlan, isBare, keeperOf } from "./client-plan.ts";
import type { ResourceSizes } from "./client-resources.ts";
import { containersOf, type ExplainedContainer } from "./containers.ts";
import { extendGuard, guardContainer, hasGuard, isGuard } from "./guard.ts";
import { moveConsumersBehind } from "./move-consumers.ts";
import { freeName } from "./names.ts";
import type { PodEditor } from "./pod-editor.ts";
import { preparesFromDataset, preparingContainers } from "./preparing-containers.ts";
import { serveContainers } from "./serve-containers.ts";
import { byVolume, ServedVolume } from "./served-volume.ts";
import { sharedVolume } from "./shared-volume.ts";

export interface AddClientsOptions {
  readonly native: boolean;
  readonly guardResources: ResourceSizes;
  /** Native sidecars that stay in front of ours. */
  readonly meshProxies: readonly string[];
  /** Let a subPathExpr that cannot be followed go without healing, instead of refusing the pod. */
  readonly directSubPathExpr: boolean;
}

/**
 * Puts a client into the pod for each plan whose claim is mounted, and shows its mount to the containers that mount
 * the claim, other clients among them. `plans` come in the order of their numbers, a client before its sources.
 * Returns what is to be said, and the claims that no container mounts. Where a refusal is among the findings, the
 * edits are of no use.
 */
export function addClients(
  editor: PodEditor,
  plans: readonly ClientPlan[],
  options: AddClientsOptions,
): { findings: Finding[]; unmounted: ReadonlySet<string> } {
  const taken = new Set(editor.pod.spec?.volumes?.map((volume) => volume.name));
  const all = plans.map((plan) => draftClient(plan, taken));
  const mounted = mountedClaims(all, editor.pod);
  const drafts = all.filter(({ plan }) => plan.claims.some((claim) => mounted.has(claim.name)));
  const claims = plans.flatMap((plan) => plan.claims.map((claim) => claim.name));
  const unmounted = new Set(claims.filter((claim) => !mounted.has(claim)));

  const served = serveVolumes(editor, drafts, mounted, options);
  const findings = serveContainers(editor, served);
  const [some] = drafts;
  if (some === undefined) return { findings, unmounted };

  const token = freeName("sluice-no-token", taken);
  taken.add(token);
  // All views have to be known before the first supervisor's command is made.
  const ready = inDependencyOrder(drafts).map((draft) => serveDraft(draft, served, findings));
  const parts = ready.map((draft) => sidecarParts(draft, served, taken, token, options));
  const preparing = ready.map((draft) => preparingContainers(draft, editor.pod, token));
  const guarded = [...served.map((volume) => volume.volume), ...parts.flatMap((part) => part.mountVolumes)];
  const containers = parts.flatMap((part, index) => [
    ...(options.native ? (preparing[index] ?? []) : []),
    ...part.containers,
  ]);
  const guardIsThere = hasGuard(editor.pod);
  if (guardIsThere) extendGuard(editor, guarded);
  else
    containers.unshift({
      container: guardContainer(
        freeName("sluice-guard", new Set(containersOf(editor.pod).map((found) => found.container.name))),
        some.plan,
        guarded,
        token,
        options.guardResources,
      ),
      why: "takes all mounts off when the pod ends, so that the pod can go",
    });
  insertContainers(editor, options, containers, guardIsThere ? [] : served);
  if (guardIsThere) moveConsumersBehind(editor, served);
  if (!options.native) {
    // Classic clients start after all init containers.
    insertContainers(editor, { ...options, native: true }, preparing.flat(), []);
    findings.push(
      ...ready.flatMap((draft) => preparesFromDataset(draft, (name) => byVolume(served).has(name))),
    );
  }
  for (const { volumes, why } of parts)
    for (const volume of volumes) editor.append(["spec", "volumes"], volume, why);
  editor.append(
    ["spec", "volumes"],
    { name: token, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    "keeps the pod's API token out of the clients",
  );
  return { findings, unmounted };
}

/** Turns every volume of a mounted claim into a shared one: in the pod by edits, in the drafts when they are built. */
function serveVolumes(
  editor: PodEditor,
  drafts: readonly ClientDraft[],
  mounted: ReadonlySet<string>,
  options: AddClientsOptions,
): readonly ServedVolume[] {
  const served: ServedVolume[] = [];
  const serve = ({ name, persistentVolumeClaim: source }: Volume): ClientPlan | undefined => {
    if (source === undefined || !mounted.has(source.claimName)) return undefined;
    const plan = drafts.find((draft) => serves(draft.plan, source.claimName))?.plan;
    const claim = plan?.claims.find((candidate) => candidate.name === source.claimName);
    if (plan === undefined || claim === undefined) return undefined;
    const readOnly = claim.readOnly || source.readOnly === true;
    served.push(
      ServedVolume.create(name, keeperOf(plan), claim.subPath, readOnly, options.directSubPathExpr),
    );
    return plan;
  };
  editor.pod.spec?.volumes?.forEach((volume, index) => {
    const plan = serve(volume);
    if (plan === undefined) return;
    const why = `shows ${plan.label} as ${plan.name} mounts it, instead of claim ${volume.persistentVolumeClaim?.claimName}`;
    editor.set(["spec", "volumes", index], sharedVolume(volume.name), why);
  });
  for (const draft of drafts) draft.volumes.forEach(serve);
  return served;
}

/** Lets a client see the datasets that it mounts itself. */
function serveDraft(draft: ClientDraft, served: readonly ServedVolume[], findings: Finding[]): ClientDraft {
  const find = (name: string) => served.find((volume) => volume.volume === name);
  const serveContainer = (container: Container): Container => ({
    ...container,
    volumeMounts: (container.volumeMounts ?? []).map((mount) => {
      const result = find(mount.name)?.serve(container, mount);
      findings.push(...(result?.findings ?? []));
      return result?.mount ?? mount;
    }),
  });
  return {
    ...draft,
    container: serveContainer(draft.container),
    initContainers: draft.initContainers.map(serveContainer),
    volumes: draft.volumes.map((volume) =>
      find(volume.name) === undefined ? volume : sharedVolume(volume.name),
    ),
  };
}

interface SidecarParts {
  readonly containers: readonly ExplainedContainer[];
  readonly volumes: readonly Volume[];
  /** Those of `volumes` in which a bare client mounts. */
  readonly mountVolumes: readonly string[];
  readonly why: string;
}

function sidecarParts(
  { plan, container, volumes }: ClientDraft,
  served: readonly ServedVolume[],
  taken: Set<string>,
  token: string,
  options: AddClientsOptions,
): SidecarParts {
  const own = served.filter((volume) => volume.client === keeperOf(plan));
  const shown = {
    views: own.flatMap((volume) => volume.views),
    volumes: own.map((volume) => volume.volume),
    env: own.flatMap((volume) => volume.env),
  };
  const mounts = `mounts ${plan.label}; made from ${describeRef(plan.template.source)}`;
  const why = `belongs to ${plan.name}, from ${describeRef(plan.template.source)}`;
  if (!isBare(plan)) {
    const built = clientContainer(container, plan.template, shown, token, plan);
    return { containers: [{ container: built, why: mounts }], volumes, mountVolumes: [], why };
  }
  const mountVolume = freeName(`sluice-mount-${plan.number}`, taken);
  taken.add(mountVolume);
  const attendant = { name: keeperOf(plan), mountVolume, resources: options.guardResources };
  const [client, attending] = bareClientContainers(container, plan.template, shown, token, plan, attendant);
  return {
    containers: [
      ...(client === undefined ? [] : [{ container: client, why: mounts }]),
      ...(attending === undefined ? [] : [{ container: attending, why: `shows the mount of ${plan.name}` }]),
    ],
    volumes: [...volumes, sharedVolume(mountVolume)],
    mountVolumes: [mountVolume],
    why,
  };
}

function insertContainers(
  editor: PodEditor,
  options: AddClientsOptions,
  containers: readonly ExplainedContainer[],
  served: readonly ServedVolume[],
): void {
  const list = options.native ? "initContainers" : "containers";
  const start = insertPosition(editor.pod, options, served);
  containers.forEach(({ container, why }, index) => {
    editor.insert(["spec", list], start + index, container, why);
  });
}

/**
 * First, but behind our own guard and behind a native mesh proxy, which the client may need to reach its storage;
 * yet always before the first container that needs one of the volumes `served`.
 */
function insertPosition(pod: Pod, options: AddClientsOptions, served: readonly ServedVolume[]): number {
  const containers = pod.spec?.[options.native ? "initContainers" : "containers"] ?? [];
  const isProxy = (c: Container) =>
    options.native && options.meshProxies.includes(c.name) && c.restartPolicy === "Always";
  const behind = containers.findLastIndex((container) => isGuard(container) || isProxy(container)) + 1;
  const volumes = byVolume(served);
  const consumer = containers.findIndex((container) =>
    container.volumeMounts?.some((mount) => volumes.get(mount.name)?.shows(mount)),
  );
  return consumer < 0 ? behind : Math.min(behind, consumer);
}
