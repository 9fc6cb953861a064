import type { Container, EnvVar, SecurityContext, VolumeMount } from "kubernetes-types/core/v1";
import type { ClientTemplate } from "../types/dataset-volume.ts";
import { escapeExpansion, gateCommand, shellLine, supervisorCommand, type View } from "./client-commands.ts";
import { clientResources, type ResourceSizes } from "./client-resources.ts";
import { asFolder } from "./inner-mounts.ts";
import { sharedMount } from "./shared-volume.ts";

/** Kubernetes mounts the API token here unless a container mounts something there itself. */
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface ClientSettings {
  readonly name: string;
  readonly native: boolean;
  readonly stop: "wait" | "detach";
  /** How long the client may take to end after TERM, in seconds. */
  readonly stopSeconds: number;
  /** How long it goes on after TERM before it is ended, in seconds. */
  readonly holdSeconds: number;
  readonly asked: ResourceSizes;
  readonly fallback: ResourceSizes;
  /** How long a hook lets the next container wait for the mount, which saves it a failed start; 0: there is none. */
  readonly gateSeconds: number;
}

/** What a supervisor shows: the views, and the shared volumes that they lie in. */
export interface Shown {
  readonly views: readonly View[];
  readonly volumes: readonly string[];
  /** Variables that the views' sources name. */
  readonly env: readonly EnvVar[];
}

/** The sidecar of a client: `container` (its volumes under their names in the pod) under a supervisor. */
export function clientContainer(
  container: Container,
  template: ClientTemplate,
  shown: Shown,
  tokenVolume: string,
  settings: ClientSettings,
): Container {
  const { command, args, ...rest } = { ...withoutHooks(container), ...keptProbes(container, template) };
  const client = [...(command ?? []), ...(args ?? [])];
  return {
    ...rest,
    ...supervised(template, shown, client, settings),
    name: settings.name,
    env: [...(rest.env ?? []), ...supervisorEnv(template, shown, settings), ...preStop(template)],
    resources: clientResources(rest.resources, settings.asked, settings.fallback),
    securityContext: privileged(rest.securityContext),
    volumeMounts: [
      ...(rest.volumeMounts ?? []),
      ...shown.volumes.map(sharedMount),
      ...hideToken(rest, tokenVolume),
    ],
  };
}

/**
 * A client that runs by its image's own entrypoint, and the attendant beside it that shows its mount: the client
 * mounts in `mountVolume`, one level below its root, where the attendant finds it.
 */
export function bareClientContainers(
  container: Container,
  template: ClientTemplate,
  shown: Shown,
  tokenVolume: string,
  settings: ClientSettings,
  attendant: { readonly name: string; readonly mountVolume: string; readonly resources: ResourceSizes },
): Container[] {
  const rest = withoutHooks(container);
  const always = settings.native ? { restartPolicy: "Always" } : {};
  const source: VolumeMount = {
    name: attendant.mountVolume,
    mountPath: template.sharedMount.mountPath,
    mountPropagation: "Bidirectional",
  };
  return [
    {
      ...rest,
      name: settings.name,
      resources: clientResources(rest.resources, settings.asked, settings.fallback),
      securityContext: privileged(rest.securityContext),
      volumeMounts: [...(rest.volumeMounts ?? []), source, ...hideToken(rest, tokenVolume)],
      ...always,
    },
    {
      ...helperContainer(attendant.name, template, attendant.resources),
      ...supervised(template, shown, [], settings),
      env: supervisorEnv(template, shown, settings),
      volumeMounts: [source, ...shown.volumes.map(sharedMount), ...hideToken({}, tokenVolume)],
    },
  ];
}

/** A small container of ours that runs the client's image, which has the shell and the mount commands. */
export function helperContainer(
  name: string,
  template: ClientTemplate,
  resources: ResourceSizes,
): Pick<Container, "name" | "image" | "imagePullPolicy" | "resources" | "securityContext"> {
  const { image, imagePullPolicy } = template.container;
  return {
    name,
    ...(image === undefined ? {} : { image }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    securityContext: privileged(undefined),
  };
}

/** The user's API token has no business in a privileged container of ours. */
export function hideToken(container: Pick<Container, "volumeMounts">, tokenVolume: string): VolumeMount[] {
  if (container.volumeMounts?.some((mount) => asFolder(mount.mountPath) === asFolder(tokenPath))) return [];
  return [{ name: tokenVolume, mountPath: tokenPath, readOnly: true }];
}

/** The hook that waits for the views, `seconds` at most; it is the dangling link that holds the app back. */
export function gate(seconds: number, views: readonly View[]): NonNullable<Container["lifecycle"]> {
  const links = views.map((view) => view.path);
  return { postStart: { exec: { command: gateCommand(seconds, links) } } };
}

function supervised(
  template: ClientTemplate,
  shown: Shown,
  client: readonly string[],
  settings: ClientSettings,
): Pick<Container, "command" | "lifecycle" | "restartPolicy"> {
  return {
    command: supervisorCommand({ mountPath: template.mountPath, views: shown.views, client }),
    ...(settings.gateSeconds > 0 ? { lifecycle: gate(settings.gateSeconds, shown.views) } : {}),
    ...(settings.native ? { restartPolicy: "Always" } : {}),
  };
}

/** Probes that somebody wants beside the supervisor, which goes on healing what they would restart. */
function keptProbes(
  { livenessProbe, readinessProbe, startupProbe }: Container,
  { keepsProbes }: ClientTemplate,
): Partial<Container> {
  if (!keepsProbes) return {};
  return {
    ...(livenessProbe && { livenessProbe }),
    ...(readinessProbe && { readinessProbe }),
    ...(startupProbe && { startupProbe }),
  };
}

/**
 * A restart by a probe is what the views heal; the kubelet would run a preStop when the pod begins to stop, before the
 * app has stopped, so the supervisor runs it instead.
 */
export function withoutHooks(container: Container): Container {
  const {
    livenessProbe: _liveness,
    readinessProbe: _readiness,
    startupProbe: _startup,
    lifecycle: _lifecycle,
    resizePolicy: _resize,
    restartPolicy: _restart,
    ...rest
  } = container;
  return rest;
}

/** The variables that supervisor.sh reads, but for that of `preStop`. */
export function supervisorEnv(template: ClientTemplate, shown: Shown, settings: ClientSettings): EnvVar[] {
  return [
    ...shown.env,
    { name: "SLUICE_FILE_SYSTEMS", value: template.fileSystems.join(" ") },
    { name: "SLUICE_CLIENT_STOP", value: settings.stop },
    { name: "SLUICE_STOP_SECONDS", value: String(settings.stopSeconds) },
    ...(settings.holdSeconds > 0
      ? [{ name: "SLUICE_HOLD_SECONDS", value: String(settings.holdSeconds) }]
      : []),
  ];
}

/** The template's own way of stopping the client, run when it is to stop: after the app, not before it. */
export function preStop(template: ClientTemplate): EnvVar[] {
  const command = template.container.lifecycle?.preStop?.exec?.command;
  if (command === undefined || command.length === 0) return [];
  return [{ name: "SLUICE_PRE_STOP", value: escapeExpansion(shellLine(command)) }];
}

/** Bidirectional propagation is granted to privileged containers only, and mounting takes root. */
function privileged(context: SecurityContext | undefined): SecurityContext {
  const { allowPrivilegeEscalation: _, ...rest } = context ?? {};
  return { ...rest, privileged: true, runAsUser: 0, runAsNonRoot: false };
}
