import { isAskingNamespace } from "../datasets/juicefs/asking-namespace.ts";
import type { JuicefsQuestion } from "../datasets/juicefs/juicefs-options.ts";
import type { Question } from "./question.ts";

/** How the pod's claims of the JuiceFS CSI driver are served; undefined where nobody asks for that. */
export function juicefsQuestion({
  pod,
  namespace,
  cluster,
  config,
  selection,
}: Question): JuicefsQuestion | undefined {
  if (selection.juicefs === undefined || !config.juicefs.enabled) return undefined;
  const { driver, configMap, ceImage, eeImage, noUpdateConfig } = config.juicefs;
  return {
    driver,
    configMap,
    images: { ce: ceImage, ee: eeImage },
    noUpdateConfig,
    pod,
    hostPaths: selection.juicefs.hostPaths,
    secretsAreMade: isAskingNamespace(cluster.namespace(namespace)?.labels ?? {}),
    askedByName: selection.juicefs.by !== undefined,
  };
}
