import { posix } from "node:path";
import type { Container, EnvVar, VolumeMount } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { escapeExpansion, type View } from "./client-commands.ts";
import { InnerMounts } from "./inner-mounts.ts";
import { OwnVariables } from "./own-variables.ts";
import { viewsRoot } from "./shared-volume.ts";
import { followSubPathExpression } from "./sub-path-expression.ts";

/**
 * A volume of the pod that shows a client's mount, as views: one for each distinct pair of sub path and read-only that
 * the containers mount. The first view is the volume itself: all of it that the claim grants. A later call finds in it
 * what it needs to serve a container that came later.
 */
export class ServedVolume {
  readonly volume: string;
  /** Name of the container whose supervisor keeps the views. */
  readonly client: string;
  readonly views: View[];
  /** Variables that the client needs to find its views. */
  readonly env: EnvVar[] = [];
  /** The volume was a claim until now, so that none of the containers' mounts of it can name a view yet. */
  readonly isNew: boolean;
  readonly #followExpressions: boolean;
  readonly #byKey: Map<string, View>;
  readonly #paths: Set<string>;
  readonly #variables = new Set<string>();

  private constructor(volume: string, client: string, views: View[], isNew: boolean, direct: boolean) {
    this.volume = volume;
    this.client = client;
    this.views = views;
    this.isNew = isNew;
    this.#followExpressions = !direct;
    this.#byKey = new Map(views.map((view) => [keyOf(view), view]));
    this.#paths = new Set(views.map((view) => view.path));
  }

  /** A volume that gets its views now. `subPath`: where in the client's mount it begins, "" for the root. */
  static create(
    volume: string,
    client: string,
    subPath: string,
    readOnly: boolean,
    direct: boolean,
  ): ServedVolume {
    const served = new ServedVolume(volume, client, [], true, direct);
    served.#view(escapeExpansion(subPath) || ".", readOnly);
    return served;
  }

  /** A volume that has its views already. */
  static existing(volume: string, client: string, views: readonly View[], direct: boolean): ServedVolume {
    return new ServedVolume(volume, client, [...views], false, direct);
  }

  /** Whether the mount shows one of the views as we set it. */
  shows(mount: VolumeMount): boolean {
    if (mount.name !== this.volume) return false;
    const [first] = (mount.subPath ?? mount.subPathExpr ?? "").split("/", 1);
    return this.#paths.has(`${viewsRoot}/${this.volume}/${first}`);
  }

  /**
   * The mount as it has to be for `container` to see the dataset where it expects it, and what is to be said of it.
   * A refusal among the findings means that it cannot be served. `inside`, `variables`: those of the container.
   */
  serve(
    container: Container,
    mount: VolumeMount,
    inside: InnerMounts = new InnerMounts(container),
    variables: OwnVariables = new OwnVariables(container),
  ): { mount: VolumeMount; findings: Finding[] } {
    const findings: Finding[] = [];
    const where = `container ${container.name}, ${mount.mountPath}`;
    const say = (code: Finding["code"], message: string) =>
      findings.push({ code, message: `${where}: ${message}`, volume: this.volume });
    const { subPath, subPathExpr, recursiveReadOnly, mountPropagation, ...rest } = mount;
    if (recursiveReadOnly !== undefined)
      say("recursive-read-only", "recursiveReadOnly is left out, for the view itself is read-only");
    const problem = subPathProblem(subPath, subPathExpr);
    if (problem !== undefined) say("bad-sub-path", problem);

    const followed = subPathExpr ? followSubPathExpression(subPathExpr, container, variables) : undefined;
    if (followed?.kind === "refused") {
      if (this.#followExpressions)
        say(
          "sub-path-expression",
          `subPathExpr ${subPathExpr} cannot be followed: ${followed.why}; use subPath`,
        );
      else
        say(
          "no-healing",
          `its subPathExpr is resolved once: ${followed.why}; restart the pod if the client dies`,
        );
      const root = this.#view(this.#root.source, this.#readOnly(mount));
      return { mount: { ...rest, subPathExpr: `${nameOf(root)}/${subPathExpr}` }, findings };
    }
    for (const variable of followed?.env ?? []) this.#need(variable);
    const source = this.#within(followed?.source ?? escapeExpansion(subPath ?? ""));
    const view = this.#view(source, this.#readOnly(mount));
    const served: VolumeMount = { ...rest, subPath: nameOf(view) };
    const inner = inside.below(mount.mountPath);
    if (inner !== undefined) {
      // A new layer would cover the inner mount, and what is written there would go into the dataset.
      say(
        "no-healing",
        `${inner} is mounted below it, so the dataset will not come back by itself if its client dies`,
      );
      return { mount: served, findings };
    }
    if (mountPropagation !== undefined && mountPropagation !== "HostToContainer")
      say("propagation-replaced", `mountPropagation ${mountPropagation} becomes HostToContainer`);
    return { mount: { ...served, mountPropagation: "HostToContainer" }, findings };
  }

  get #root(): View {
    return this.views[0] ?? { path: "", source: ".", readOnly: true };
  }

  #readOnly(mount: VolumeMount): boolean {
    return this.#root.readOnly || mount.readOnly === true;
  }

  /** What stands before "/./" is where the volume begins; the supervisor lets no view lead out of it. */
  #within(subPath: string): string {
    const below = posix.normalize(subPath || ".").replace(/(.)\/$/, "$1");
    const root = this.#root.source;
    if (below === ".") return root;
    return root === "." ? below : `${root}/./${below}`;
  }

  #view(source: string, readOnly: boolean): View {
    const view = { path: `${viewsRoot}/${this.volume}/view-${this.views.length}`, source, readOnly };
    const known = this.#byKey.get(keyOf(view));
    if (known !== undefined) return known;
    this.#byKey.set(keyOf(view), view);
    this.#paths.add(view.path);
    this.views.push(view);
    return view;
  }

  #need(variable: EnvVar): void {
    if (this.#variables.has(variable.name)) return;
    this.#variables.add(variable.name);
    this.env.push(variable);
  }
}

/**
 * The API server sees the view's name in place of the user's sub path, so its rules are kept here.
 * (Kubernetes: pkg/apis/core/validation validateLocalDescendingPath.)
 */
function subPathProblem(subPath: string | undefined, expression: string | undefined): string | undefined {
  if (subPath && expression) return "subPath and subPathExpr exclude each other: remove one of them";
  const path = subPath || expression || "";
  if (path.startsWith("/")) return `sub path ${path} is absolute: leave out the leading "/"`;
  if (path.split("/").includes("..")) return `sub path ${path} leads out of the dataset: leave out ".."`;
  return undefined;
}

function keyOf({ source, readOnly }: View): string {
  return `${readOnly ? "ro" : "rw"} ${source}`;
}

function nameOf(view: View): string {
  return view.path.slice(view.path.lastIndexOf("/") + 1);
}

/** The served volumes by their names in the pod. */
export function byVolume<T extends { readonly volume: string }>(
  served: readonly T[],
): ReadonlyMap<string, T> {
  return new Map(served.map((volume) => [volume.volume, volume]));
}
