/** What is wrong with an attribute or a mount option of a volume, behind its name. */
export const whyBad = {
  option: "holds control characters or has no name",
  size: "is no quantity such as 500m or 1Gi",
  cache: "names no cache that could be made",
  marks: "is no map of texts that could be labels or annotations, of 16 KiB at most",
  hostPath: "is no list of absolute paths",
} as const;
