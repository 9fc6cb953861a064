import type { ClusterView, PersistentVolume } from "../../cluster/cluster-view.ts";
import { cacheVolumes } from "./cache-volumes.ts";
import { statedSizes } from "./client-sizes.ts";
import { readHostPaths } from "./host-paths.ts";
import { readMountOptions } from "./mount-options.ts";
import { subDirectory } from "./sub-directory.ts";
import { whyBad } from "./why-bad.ts";

/**
 * Why no client could mount a volume of the JuiceFS CSI driver, or why it would be taken for another one; undefined when
 * nothing is wrong with it. (juicefs-csi-driver: pkg/webhook/handler/handler.go, PVHandler, which looks at the handle only.)
 */
export function volumeProblem(
  { name, csi, mountOptions = [] }: PersistentVolume,
  cluster: Pick<ClusterView, "volumesWithHandle">,
): string | undefined {
  const { driver = "", handle, secret, attributes = {} } = csi ?? {};
  const problem = (text: string) => `PersistentVolume ${name} ${text}`;
  const others = handle === undefined ? [] : cluster.volumesWithHandle(driver, handle);
  const [other] = others.filter((each) => each !== name);
  if (other !== undefined)
    return problem(
      `has the volumeHandle ${handle} of PersistentVolume ${other}, for which the driver would take it: give it another one`,
    );
  if (secret === undefined)
    return problem("names no Secret of its file system: give it csi.nodePublishSecretRef");

  const bad = (key: string, why: string) => problem(`cannot be mounted: ${key} ${why}: correct it`);
  const options = readMountOptions([mountOptions, [attributes["mountOptions"] ?? ""]]);
  if (options === undefined) return bad("a mount option", whyBad.option);
  const ofOption = (key: string) => options.find((option) => option.key === key)?.value;
  if (subDirectory(ofOption("subdir") ?? "", attributes["subPath"] ?? "") === undefined)
    return bad("its sub path", 'holds "..", a comma or control characters');
  const sizes = statedSizes(attributes);
  if ("bad" in sizes) return bad(sizes.bad, whyBad.size);
  const cache = cacheVolumes({
    attributes,
    configured: [],
    option: ofOption("cache-dir"),
    hostPaths: true,
  });
  if ("bad" in cache) return bad(cache.bad, whyBad.cache);
  if (csi?.marks?.bad !== undefined) return bad(csi.marks.bad, whyBad.marks);
  return readHostPaths(attributes["juicefs/host-path"]) === undefined
    ? bad("juicefs/host-path", whyBad.hostPath)
    : undefined;
}
