/** The programs behind a mount type; "thin" is any that a ThinRuntime brings along. */
export type ClientProgram = "alluxio" | "jindo" | "juicefs" | "thin";

/** `mount_type` as Fluid's controllers write it. A reference dataset's is that of the dataset it refers to. */
const programs: Readonly<Record<string, ClientProgram>> = {
  alluxio: "alluxio",
  "fuse.alluxio-fuse": "alluxio",
  "fuse.goosefs-fuse": "alluxio",
  jindo: "jindo",
  "fuse.jindofs-fuse": "jindo",
  juicefs: "juicefs",
  JuiceFS: "juicefs",
};

/** Mounts that FUSE does not make, or not always, and what /proc/self/mountinfo calls them. */
const otherFileSystems: Readonly<Record<string, readonly string[]>> = {
  "9p": ["9p"],
  // EFC mounts by the FUSE of the kernel, or by Alibaba Cloud's own.
  "alifuse.aliyun-alinas-efc": ["fuse", "alifuse"],
  alinas: ["nfs", "nfs4"],
  beegfs: ["beegfs"],
  ceph: ["ceph"],
  cifs: ["cifs", "smb3"],
  efs: ["nfs", "nfs4"],
  fuseblk: ["fuseblk"],
  gfs2: ["gfs2"],
  gpfs: ["gpfs"],
  lustre: ["lustre"],
  nas: ["nfs", "nfs4"],
  nfs: ["nfs", "nfs4"],
  nfs3: ["nfs"],
  nfs4: ["nfs", "nfs4"],
  smb3: ["cifs", "smb3"],
  virtiofs: ["virtiofs"],
};

const anyFuse: readonly string[] = ["fuse"];

/** The program behind a mount type; "thin" where it is none of those that are known. */
export function clientProgram(mountType: string): ClientProgram {
  return (Object.hasOwn(programs, mountType) ? programs[mountType] : undefined) ?? "thin";
}

/** Names by which mountinfo knows the mount. Fluid's own names for FUSE clients ("JuiceFS", "s3fs") are not among them. */
export function fileSystems(mountType: string): readonly string[] {
  const key = mountType.toLowerCase();
  return (Object.hasOwn(otherFileSystems, key) ? otherFileSystems[key] : undefined) ?? anyFuse;
}
