import type { Pod } from "kubernetes-types/core/v1";

/** How claims of the JuiceFS CSI driver are served. */
export interface JuicefsOptions {
  /** The CSI driver's name. */
  readonly driver: string;
  /** The ConfigMap that holds the driver's configuration file. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Images of clients, where nothing else names one. */
  readonly images: { readonly ce: string; readonly ee: string };
  /** Clients of the enterprise edition do not fetch their configuration (the driver's JFS_NO_UPDATE_CONFIG). */
  readonly noUpdateConfig: boolean;
}

/** The same for one pod. */
export interface JuicefsQuestion extends JuicefsOptions {
  readonly pod: Pod;
  /** Whether clients may keep their cache on the node: the namespace says so, and the kind of node allows it. */
  readonly hostPaths: boolean;
  /** Secrets are made for claims of the pod's namespace. */
  readonly secretsAreMade: boolean;
  /** JuiceFS itself was asked for, so a claim of which nobody can tell what it is may well be one of its own. */
  readonly askedByName: boolean;
}
