import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { busyboxLinks, type Image } from "./images.ts";
import { pauseImage } from "./node-config.ts";

export const appImage = "sluice.test/app:1";

/** All images that the node runs. `programs`: the folder of its programs; `sluice`: the built command, in its folder. */
export function nodeImages(programs: string, sluice: string): Image[] {
  const tools = {
    files: { "/bin/busybox": join(programs, "busybox") },
    links: busyboxLinks(join(programs, "busybox")),
  };
  const juicefs = {
    files: { ...tools.files, "/usr/local/bin/juicefs": join(programs, "juicefs") },
    links: { ...tools.links, "/bin/mount.juicefs": "/usr/local/bin/juicefs" },
  };
  const bindfs = execFileSync("sh", ["-c", "command -v bindfs"], { encoding: "utf8" }).trim();
  return [
    {
      name: pauseImage,
      files: { "/pause": join(programs, "catatonit") },
      config: { Entrypoint: ["/pause", "-P"] },
    },
    { name: appImage, ...tools },
    { name: "sluice.test/juicefs:1", ...juicefs },
    { name: "sluice.test/bindfs:1", ...tools, programs: [bindfs] },
    {
      name: "docker.io/library/sluice:0.1.0",
      files: { ...tools.files, "/sluice": dirname(sluice) },
      links: { "/bin/sleep": "/bin/busybox" },
      programs: [process.execPath],
      config: { Entrypoint: [process.execPath, "/sluice/sluice.js"], User: "1000:1000" },
    },
  ];
}
