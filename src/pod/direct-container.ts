import type { Container, EnvVar, Probe, SecurityContext } from "kubernetes-types/core/v1";
import { mountedCommand, supervisorCommand } from "./client-commands.ts";
import { hideToken, preStop, supervisorEnv, withoutHooks } from "./client-container.ts";
import { type ClientPlan, isBare } from "./client-plan.ts";
import { clientResources } from "./client-resources.ts";
import type { ClientPrivilege, DirectLayout } from "./direct-layout.ts";

/** How long a hook waits for the mount before its failure is told, and a probe before the client is started again. */
const mountSeconds = 300;

/**
 * The client that mounts straight into the volume `shared`, at the template's own path; `undefined` where the platform
 * finds its mount by itself. `level`: how many clients have to start before it.
 */
export function directClient(
  container: Container,
  plan: ClientPlan,
  layout: DirectLayout,
  shared: string | undefined,
  tokenVolume: string,
  level: number,
): Container {
  const { template } = plan;
  const { command, args, ...rest } = withoutHooks(container);
  const own = [...(command ?? []), ...(args ?? [])];
  const mount = { name: shared ?? "", mountPath: template.mountPath };
  const propagates = layout.sharing.kind === "empty-dir" && layout.sharing.bidirectional;
  return {
    ...rest,
    // A client that runs by its image's entrypoint runs bare.
    ...(isBare(plan)
      ? { ...(args === undefined ? {} : { args }) }
      : { command: supervisorCommand({ mountPath: template.mountPath, views: [], client: own }) }),
    ...startGate(plan, layout),
    name: plan.name,
    env: environment(rest.env, plan, layout, level),
    resources: withDevices(clientResources(rest.resources, plan.asked, plan.fallback), layout.devices),
    securityContext: securityContext(rest.securityContext, layout.privilege),
    volumeMounts: [
      ...(rest.volumeMounts ?? []),
      ...(shared === undefined ? [] : [propagates ? { ...mount, mountPropagation: "Bidirectional" } : mount]),
      ...hideToken(rest, tokenVolume),
    ],
  };
}

/**
 * What keeps the app from starting on an empty directory: a startupProbe before the next of the init containers; where
 * containers are ordered by a variable, the readiness of the earlier ones; else a hook, which the kubelet waits for.
 */
function startGate(
  { template }: ClientPlan,
  { native, startPriority }: DirectLayout,
): Pick<Container, "startupProbe" | "readinessProbe" | "lifecycle" | "restartPolicy"> {
  const command = (seconds: number) => mountedCommand(seconds, template.mountPath, template.fileSystems);
  const probe: Probe = { exec: { command: command(0) }, periodSeconds: 1, timeoutSeconds: 5 };
  if (native) return { startupProbe: { ...probe, failureThreshold: mountSeconds }, restartPolicy: "Always" };
  if (startPriority !== undefined) return { readinessProbe: { ...probe, failureThreshold: 3 } };
  return { lifecycle: { postStart: { exec: { command: command(mountSeconds) } } } };
}

/** A variable of ours stands in place of the template's of that name, for the last of two counts. */
function environment(
  template: readonly EnvVar[] | undefined,
  plan: ClientPlan,
  layout: DirectLayout,
  level: number,
): EnvVar[] {
  const { sharing, startPriority } = layout;
  const values = { ...layout.env };
  if (startPriority !== undefined) values[startPriority.env] = String(startPriority.first - level);
  const path = plan.template.mountPath;
  if (sharing.kind === "inline-csi") values[sharing.folderEnv] = path.slice(0, path.lastIndexOf("/")) || "/";
  const shown = { views: [], volumes: [], env: [] };
  const settings = layout.endsLast ? { ...plan, holdSeconds: 0 } : plan;
  return [
    ...(template ?? []).filter(({ name }) => !Object.hasOwn(values, name)),
    ...(isBare(plan) ? [] : [...supervisorEnv(plan.template, shown, settings), ...preStop(plan.template)]),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

function withDevices(
  resources: NonNullable<Container["resources"]>,
  devices: Readonly<Record<string, string>>,
): NonNullable<Container["resources"]> {
  // Kubernetes: an extended resource's request and limit have to be equal.
  const { requests, limits } = resources;
  return { ...resources, requests: { ...requests, ...devices }, limits: { ...limits, ...devices } };
}

function securityContext(context: SecurityContext | undefined, privilege: ClientPrivilege): SecurityContext {
  const { allowPrivilegeEscalation: _a, privileged: _p, capabilities: _c, ...rest } = context ?? {};
  const root = { ...rest, runAsUser: 0, runAsNonRoot: false };
  if (privilege.kind === "privileged") return { ...root, privileged: true };
  if (privilege.kind === "root") return root;
  return { ...root, capabilities: { add: [...privilege.capabilities] } };
}
