import { posix } from "node:path";
import type { Container, Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { isGuardCommand, parseSupervisorCommand } from "../../src/pod/client-commands.ts";
import { statusPath } from "../../src/pod/prefetch-commands.ts";

/** Init containers and containers, in the order in which they start. */
export function startOrder(pod: Pod): Container[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
}

/** What makes the pod's names wrong, in words: not unique, no DNS label, or a mount of no volume. */
export function nameProblems(pod: Pod): string[] {
  const problems: string[] = [];
  const check = (kind: string, names: readonly string[]) => {
    names.forEach((name, index) => {
      if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
        problems.push(`${kind} ${name} is no DNS label`);
      if (names.indexOf(name) !== index) problems.push(`${kind} ${name} is there twice`);
    });
  };
  const volumes = (pod.spec?.volumes ?? []).map((volume) => volume.name);
  check(
    "container",
    startOrder(pod).map((container) => container.name),
  );
  check("volume", volumes);
  for (const { name, volumeMounts = [], volumeDevices = [], env = [] } of startOrder(pod)) {
    for (const used of [...volumeMounts, ...volumeDevices])
      if (!volumes.includes(used.name)) problems.push(`container ${name} mounts no volume ${used.name}`);
    if (new Set(env.map((variable) => variable.name)).size < env.length)
      problems.push(`container ${name} has a variable twice`);
    const paths = volumeMounts.map((mount) => mount.mountPath);
    if (new Set(paths).size < paths.length) problems.push(`container ${name} mounts two at one path`);
  }
  return problems;
}

/** What the container's mount shows, by the view's name in its sub path; undefined when it shows no view. */
export function viewOf(
  pod: Pod,
  mount: VolumeMount,
): { keeper: string; source: string; readOnly: boolean } | undefined {
  const [name = ""] = (mount.subPath ?? mount.subPathExpr ?? "").split("/");
  for (const container of startOrder(pod)) {
    const views = parseSupervisorCommand(container.command)?.views ?? [];
    const view = views.find((candidate) => candidate.path === `/sluice/views/${mount.name}/${name}`);
    if (view !== undefined)
      return { keeper: container.name, source: posix.normalize(view.source), readOnly: view.readOnly };
  }
  return undefined;
}

/** Containers that stand before one that they depend on: a consumer before its client, a client before the guard. */
export function orderProblems(pod: Pod): string[] {
  const containers = pod.spec?.initContainers ?? [];
  const at = new Map(containers.map((container, index) => [container.name, index]));
  const problems: string[] = [];
  containers.forEach((container, index) => {
    for (const mount of container.volumeMounts ?? []) {
      const keeper = viewOf(pod, mount)?.keeper;
      if (keeper !== undefined && (at.get(keeper) ?? 0) > index)
        problems.push(`${container.name} starts before ${keeper}`);
    }
    if (!isGuardCommand(container.command)) return;
    for (const early of containers.slice(0, index))
      if (parseSupervisorCommand(early.command) !== undefined)
        problems.push(`client ${early.name} starts before the guard`);
  });
  return problems;
}

/** The hook that a pod may ask for. */
function isCheck({ postStart }: NonNullable<Container["lifecycle"]>): boolean {
  return postStart?.exec?.command?.[3] === "sluice-check";
}

/** A user's containers, without what an injection may change in the mounts of `volumes`, or adds where it is asked to. */
export function unchangeable(containers: readonly Container[], volumes: ReadonlySet<string>): unknown[] {
  return containers.map(({ lifecycle, ...container }) => ({
    ...container,
    ...(lifecycle === undefined || isCheck(lifecycle) ? {} : { lifecycle }),
    volumeMounts: (container.volumeMounts ?? [])
      .filter(({ mountPath }) => mountPath !== statusPath)
      .map((mount) => {
        if (!volumes.has(mount.name)) return mount;
        const { subPath, subPathExpr, mountPropagation, recursiveReadOnly, ...rest } = mount;
        return rest;
      }),
  }));
}

/** Names of the pod's volumes that are mounted from one of `claims`. */
export function volumesOfClaims(pod: Pod, claims: readonly string[]): Set<string> {
  const isOne = (volume: Volume) => claims.includes(volume.persistentVolumeClaim?.claimName ?? "");
  return new Set((pod.spec?.volumes ?? []).filter(isOne).map((volume) => volume.name));
}
