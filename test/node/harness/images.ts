import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** An image of one layer. Nothing is pulled: there is no registry. */
export interface Image {
  /** With the registry's name and a tag. */
  readonly name: string;
  /** Path in the image: path of the file or folder here. */
  readonly files: Readonly<Record<string, string>>;
  /** Path in the image: what it leads to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Programs of this machine with the libraries they need, at their own paths. */
  readonly programs?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Packs an image as `docker save` does and returns the archive's path. `folder` is for its files. */
export function packImage(image: Image, folder: string): string {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "tmp"), { recursive: true });
  const put = (from: string, to: string) => {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    cpSync(from, join(tree, to), { dereference: true, recursive: true });
  };
  for (const [to, from] of Object.entries(image.files)) put(from, to);
  for (const program of image.programs ?? [])
    for (const file of [program, ...librariesOf(program)]) put(file, file);
  for (const [path, target] of Object.entries(image.links ?? {})) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  }
  // Folders of the tests' own are nobody else's to read, and containers run as somebody else.
  const kept = ["--owner=0", "--group=0", "--mode=a+rX"];
  execFileSync("tar", ["-C", tree, ...kept, "-cf", join(folder, "layer.tar"), "."]);
  rmSync(tree, { recursive: true });
  const layer = createHash("sha256")
    .update(readFileSync(join(folder, "layer.tar")))
    .digest("hex");
  const config = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], ...image.config },
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [image.name], Layers: ["layer.tar"] }];
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "image.tar");
  execFileSync("tar", ["-C", folder, "-cf", archive, "manifest.json", "config.json", "layer.tar"]);
  rmSync(join(folder, "layer.tar"));
  return archive;
}

/** Names of busybox's applets as links to it. */
export function busyboxLinks(busybox: string): Record<string, string> {
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return Object.fromEntries(
    applets.filter((name) => name !== "busybox").map((name) => [`/bin/${name}`, "/bin/busybox"]),
  );
}

function librariesOf(program: string): string[] {
  const said = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...said.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
