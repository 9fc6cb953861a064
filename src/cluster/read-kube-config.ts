import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { messageOf } from "../types/error-message.ts";
import { KubeConfigError, type KubeConfigOptions } from "./kube-config-options.ts";
import { objectsAt, textAt } from "./raw-fields.ts";

/**
 * Finds out how to reach the API server: the kubeconfig that is named, else the pod's own ServiceAccount, else
 * ~/.kube/config. Throws `KubeConfigError` when there is none or it cannot be used.
 */
export function readKubeConfig(options: KubeConfigOptions): KubeConfig {
  const root = options.inClusterRoot ?? "";
  const named = options.kubeconfig?.split(delimiter).filter((file) => file !== "") ?? [];
  const config = new KubeConfig();
  if (named.length === 0 && existsSync(`${root}/var/run/secrets/kubernetes.io/serviceaccount/token`)) {
    config.loadFromCluster(root);
    return config;
  }
  const files = named.length > 0 ? named : [join(homedir(), ".kube", "config")];
  if (named.length === 0 && !files.every((file) => existsSync(file))) {
    const remedy =
      options.remedy ??
      "run in a pod with a ServiceAccount, set KUBECONFIG, or give a folder of manifests by --cluster";
    throw new KubeConfigError(`no API server to connect to: there is no ${files[0]}; ${remedy}`);
  }
  for (const file of files) {
    try {
      const part = new KubeConfig();
      part.loadFromFile(file);
      readTokenFiles(part, file);
      config.mergeConfig(part, config.currentContext !== undefined);
    } catch (error) {
      const reason = messageOf(error);
      throw new KubeConfigError(`kubeconfig ${file} cannot be used: ${reason}`, { cause: error });
    }
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  if (config.getCurrentCluster() === null) {
    const known = config.contexts.map(({ name }) => name).join(", ") || "none";
    throw new KubeConfigError(
      `kubeconfig ${files.join(delimiter)} has no context "${config.currentContext}" with a cluster: choose one of its contexts (${known})`,
    );
  }
  return config;
}

/** `tokenFile`, which client-node 1.4 does not know in a kubeconfig. As in a pod, the file is read again and again. */
function readTokenFiles(config: KubeConfig, file: string): void {
  const raw: unknown = parse(readFileSync(file, "utf8"));
  const tokenFiles = new Map(
    objectsAt(raw, "users").map((entry) => [textAt(entry, "name"), textAt(entry, "user", "tokenFile")]),
  );
  config.users = config.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name);
    if (tokenFile === undefined) return user;
    const path = resolve(dirname(file), tokenFile);
    // The file goes before a token, as it does for kubectl.
    const { token: _, ...rest } = user;
    return { ...rest, authProvider: { name: "tokenFile", config: { tokenFile: path } } };
  });
}
