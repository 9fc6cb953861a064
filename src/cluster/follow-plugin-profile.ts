import { type ApiResource, pluginProfileResource } from "./api-resources.ts";
import type { LiveClusterOptions } from "./live-cluster-options.ts";
import { type ObjectPlaces, ResourceObjects } from "./resource-objects.ts";

/** What is to be read for the plugin profile, if there is to be one; its states are told from then on. */
export function followPluginProfile(
  { pluginProfile: place, onPluginProfile }: LiveClusterOptions,
  places: ObjectPlaces,
): ApiResource[] {
  if (place === undefined) return [];
  const resource = pluginProfileResource(place);
  const key = new ResourceObjects(resource, places).changeKey(place);
  const tell = () => onPluginProfile?.(places.store.pluginProfile(place.namespace, place.name));
  places.changes.listen([key], tell);
  return [resource];
}
