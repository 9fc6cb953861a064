import type { Container } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { writesBack } from "../../../src/datasets/fluid/writes-back.ts";
import { fluidDataset } from "../../support/fluid-dataset.ts";

const set = fluidDataset("data");

function ask(
  mountType: string,
  container: Partial<Container>,
  readOnly = false,
  options?: [string[], string[]],
) {
  const [mountOptions, clientOptions] = options ?? [];
  return writesBack(
    { name: "c", ...container },
    { hostPath: "/m", mountType, subPath: "", readOnly },
    {
      dataset: { ...set.dataset, ...(mountOptions ? { mountOptions } : {}) },
      runtime: { ...set.runtime, ...(clientOptions ? { clientOptions } : {}) },
    },
  );
}

describe("JuiceFS", () => {
  it.each<[boolean, string, Partial<Container>, [string[], string[]] | undefined]>([
    [false, "no such option anywhere", {}, [["bucket"], ["cache-size"]]],
    [true, "options not known", {}, undefined],
    [true, "an option of the Dataset", {}, [["writeback"], []]],
    [true, "an option of the runtime", {}, [[], ["writeback"]]],
    [
      false,
      "the kernel's own cache",
      { args: ["-o", "writeback_cache"] },
      [["writeback_cache"], ["writeback-cache"]],
    ],
    [true, "an argument", { args: ["-o", "ro,writeback"] }, [[], []]],
    [true, "a command", { command: ["sh", "-c", "juicefs mount --writeback x"] }, [[], []]],
    [true, "a variable's value", { env: [{ name: "OPTS", value: "writeback" }] }, [[], []]],
    [true, "a variable", { env: [{ name: "JFS_WRITEBACK", value: "1" }] }, [[], []]],
    [true, "both caches", { args: ["-o", "writeback_cache,writeback"] }, [[], []]],
  ])("%s: %s", (expected, _, container, options) => {
    expect(ask("JuiceFS", container, false, options)).toBe(expected);
  });
});

describe("other clients", () => {
  it.each([
    [false, "fuse.alluxio-fuse", ["fuse", "--fuse-opts=kernel_cache,ro,allow_other"]],
    [true, "fuse.alluxio-fuse", ["fuse", "--fuse-opts=kernel_cache,rw,allow_other"]],
    [true, "fuse.alluxio-fuse", ["fuse", "--fuse-opts=kernel_cache,error=ro"]],
    [false, "jindo", ["-okernel_cache", "-oro"]],
    [true, "jindo", ["-okernel_cache", "-oroot=/"]],
    [true, "jindo", []],
    [true, "s3fs", ["-oro"]],
    [true, "", []],
  ])("%s: %s %j", (expected, mountType, args) => {
    expect(ask(mountType, { args })).toBe(expected);
  });
});

it.each(["JuiceFS", "jindo", "s3fs"])("%s has nothing to write where nobody may write", (mountType) => {
  expect(ask(mountType, { args: ["--writeback"] }, true)).toBe(false);
});
