/**
 * How clients are put into a pod whose nodes serve no views: each mounts straight into what the app mounts. Which of
 * it a kind of node wants is decided elsewhere.
 */
export interface DirectLayout {
  /** Name of the platform that it is for, for messages. */
  readonly platform: string;
  readonly native: boolean;
  /** What the app's volume becomes. */
  readonly sharing: EmptyDirSharing | CsiSharing;
  /** Whether a sub path of the app's volume shows what lies there. */
  readonly subPaths: boolean;
  readonly privilege: ClientPrivilege;
  /** Resources of device plugins that every client needs, with their amounts. */
  readonly devices: Readonly<Record<string, string>>;
  /** Variables that every client gets. */
  readonly env: Readonly<Record<string, string>>;
  /** The variable by which containers that would start side by side are ordered; larger values start first. */
  readonly startPriority?: { readonly env: string; readonly first: number };
  /** Clients are told to end only after the app has ended. */
  readonly endsLast: boolean;
  /** Native sidecars that stay in front of ours. */
  readonly meshProxies: readonly string[];
}

export interface EmptyDirSharing {
  readonly kind: "empty-dir";
  /** Kubernetes grants it to privileged containers only; without it something else has to let the mount through. */
  readonly bidirectional: boolean;
}

/** A volume of the vendor's driver, which finds the client's mount by its name below a folder. */
export interface CsiSharing {
  readonly kind: "inline-csi";
  readonly driver: string;
  readonly fsType: string;
  readonly attribute: string;
  readonly folderEnv: string;
}

export type ClientPrivilege =
  | { readonly kind: "privileged" }
  | { readonly kind: "capabilities"; readonly capabilities: readonly string[] }
  | { readonly kind: "root" };
