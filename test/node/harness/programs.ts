import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Why no node can run here; undefined if one can. */
export function whyNoNode(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/fuse")) return "needs /dev/fuse";
  if (!existsSync("/sys/fs/cgroup/memory")) return "needs cgroup v1 hierarchies at /sys/fs/cgroup";
  for (const tool of ["unshare", "nsenter", "ip", "tar", "bindfs"])
    if (spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0) return `needs ${tool}`;
  const script = "mount --make-rshared / && mount -t tmpfs x /run && ip link add trial type bridge";
  const trial = spawnSync("unshare", ["--net", "--mount", "--pid", "--fork", "sh", "-c", script], {
    encoding: "utf8",
  });
  return trial.status === 0
    ? undefined
    : `may not mount, or make a bridge, in namespaces of its own: ${trial.stderr.trim()}`;
}

/** The folder that a build script prints, its progress on standard error; undefined when it has failed. */
export function findPrograms(script: URL): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", [script.pathname], { stdio: ["ignore", "pipe", "inherit"] });
    let path = "";
    child.stdout.on("data", (text: Buffer) => {
      path += text.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? path.trim() : undefined));
  });
}
