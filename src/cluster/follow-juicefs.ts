import { type ApiResource, juicefsConfigResource, juicefsSecretResource } from "./api-resources.ts";
import type { LiveClusterOptions } from "./live-cluster-options.ts";
import type { ObjectPlaces } from "./resource-objects.ts";
import { changeKeyOf } from "./versioned-objects.ts";

/** What is to be read for claims of the JuiceFS CSI driver, if they are to be served; its configuration is told of. */
export function followJuicefs(
  { juicefs, onJuicefsConfig }: LiveClusterOptions,
  places: ObjectPlaces,
): ApiResource[] {
  if (juicefs === undefined) return [];
  const { configMap, factsNamespace } = juicefs;
  const resource = juicefsConfigResource(configMap);
  places.changes.listen([changeKeyOf(resource, configMap)], () =>
    onJuicefsConfig?.(places.store.juicefsConfig(configMap.namespace, configMap.name)),
  );
  return [resource, juicefsSecretResource(factsNamespace)];
}
