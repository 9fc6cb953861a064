import { describe, expect, it } from "vitest";
import { cacheVolumes } from "../../../src/datasets/juicefs/cache-volumes.ts";
import { sharedSizes, statedSizes } from "../../../src/datasets/juicefs/client-sizes.ts";
import { matchesLabels } from "../../../src/datasets/juicefs/label-match.ts";
import { MetricsPorts } from "../../../src/datasets/juicefs/metrics-ports.ts";
import {
  bufferSize,
  readMountOptions,
  writeMountOptions,
} from "../../../src/datasets/juicefs/mount-options.ts";
import { clientSecretName } from "../../../src/datasets/juicefs/secret-name.ts";
import { subDirectory } from "../../../src/datasets/juicefs/sub-directory.ts";

describe("where a volume begins", () => {
  it.each([
    ["", "", ""],
    ["/base", "", "/base"],
    ["", "pvc-1", "pvc-1"],
    ["/base", "a/b", "/base/a/b"],
    ["/base/", "/a//b/", "/base/a/b"],
    ["/base", "..", undefined],
    ["/base", "a/../../b", undefined],
    ["/../x", "", undefined],
    ["/base", "a,allow_other", undefined],
    ["/base", "a\nb", undefined],
    ["/base", "a\u0000b", undefined],
    ["/base", "$(id) `id` 'x' \"y\"", "/base/$(id) `id` 'x' \"y\""],
    ["/base", "..a/b..", "/base/..a/b.."],
  ])("%j below %j is %j", (subdir, subPath, expected) => {
    expect(subDirectory(subdir, subPath)).toBe(expected);
  });
});

describe("mount options", () => {
  it.each([
    [
      [
        ["a=1", " b "],
        ["a=2", "c=d=e"],
      ],
      "a=1,b,c=d=e",
    ],
    [[["a=1,b,ro"]], "a=1,b,ro"],
    [[["", ","]], ""],
    [[["=x"]], undefined],
    [[["a=\nb"]], undefined],
  ])("%j are %j", (lists, expected) => {
    const options = readMountOptions(lists);
    expect(options && writeMountOptions(options)).toBe(expected);
  });

  it.each([
    ["300", "5Gi", "300"],
    ["300M", "5Gi", "300"],
    ["300MiB", "5Gi", "300"],
    ["1G", "5Gi", "1024"],
    ["10240", "5Gi", "5120"],
    ["50%", "3Gi", "1536"],
    ["150%", "1Gi", "1024"],
    ["1%", "100Mi", "1"],
    ["50%", undefined, undefined],
    ["10240", undefined, "10240"],
    ["lots", "1Gi", undefined],
    ["-1", "1Gi", undefined],
    ["", "1Gi", undefined],
  ])("buffer-size=%s with %s of memory is %s", (text, limit, expected) => {
    expect(bufferSize(text, limit)).toBe(expected);
  });
});

describe("the size of a client", () => {
  const key = (name: string) => `juicefs/mount-${name}`;
  it.each([
    [{}, { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "5", memory: "5Gi" } }],
    [
      { [key("memory-request")]: "8Gi" },
      { requests: { cpu: "1", memory: "8Gi" }, limits: { cpu: "5", memory: "8Gi" } },
    ],
    [
      { [key("memory-limit")]: "512Mi" },
      { requests: { cpu: "1", memory: "512Mi" }, limits: { cpu: "5", memory: "512Mi" } },
    ],
    [
      { [key("cpu-limit")]: "0", [key("cpu-request")]: "0" },
      { requests: { cpu: "0", memory: "1Gi" }, limits: { memory: "5Gi" } },
    ],
    [{ [key("cpu-limit")]: "-1" }, { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "5Gi" } }],
    [{ [key("cpu-limit")]: "lots" }, { bad: key("cpu-limit") }],
    [{ [key("cpu-request")]: "-500m" }, { bad: key("cpu-request") }],
  ])("%j", (attributes: Record<string, string>, expected) => {
    expect(statedSizes(attributes)).toEqual(expected);
  });

  it("is a share of what the containers that mount the claim have", () => {
    const resources = { requests: { cpu: "2", memory: "1Gi" }, limits: { cpu: "4", memory: "2Gi" } };
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const pod = {
      spec: {
        containers: [
          { name: "app", resources, volumeMounts },
          { name: "other", resources },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "c" } }],
      },
    };
    const share = { cpu: 0.3, memory: 0.3 };
    const sizes = { requests: {}, limits: {} };
    expect(sharedSizes(sizes, { requests: share, limits: share }, pod, "c")).toEqual({
      requests: { cpu: "600m", memory: "308Mi" },
      limits: { cpu: "1200m", memory: "615Mi" },
    });
    expect(sharedSizes(sizes, { requests: share, limits: share }, pod, "another")).toEqual(sizes);
    const small = { limits: { cpu: 0.001, memory: 0.001 } };
    expect(sharedSizes(sizes, small, pod, "c").limits).toEqual({ cpu: "100m", memory: "300Mi" });
  });
});

describe("a client's cache", () => {
  const ask = { attributes: {}, configured: [], option: undefined, hostPaths: false };
  it.each([
    [{}, []],
    [{ hostPaths: true }, []],
    [{ option: "/a:/b:/a" }, ["/a", "/b"]],
    [{ option: "memory" }, ["memory"]],
    [{ option: "/data*/cache", hostPaths: true }, ["/data*/cache"]],
    [{ attributes: { "juicefs/mount-cache-pvc": "a, b" } }, ["/var/jfsCache-0", "/var/jfsCache-1"]],
    [
      { attributes: { "juicefs/mount-cache-emptydir": "Memory" }, option: "/x" },
      ["/var/jfsCache-emptyDir", "/x"],
    ],
    [
      { attributes: { "juicefs/mount-cache-inline-volume": '[{"driver":"d"}]' } },
      ["/var/jfsCache-inlineVolume-0"],
    ],
    [
      { configured: [{ type: "Ephemeral", storage: "1Gi", accessModes: ["ReadWriteOnce"] } as const] },
      ["/var/jfsCache-ephemeral-0"],
    ],
    [{ configured: [{ type: "EmptyDir" } as const] }, ["/var/jfsCache-emptyDir"]],
  ])("%j lies in %j", (change, directories) => {
    expect(cacheVolumes({ ...ask, ...change })).toMatchObject({ directories });
  });

  it.each([
    { option: "cache" },
    { option: "/a/../b" },
    { option: "/" },
    { attributes: { "juicefs/mount-cache-emptydir": "Memory:much" } },
    { attributes: { "juicefs/mount-cache-emptydir": "a:1Gi:b" } },
    { attributes: { "juicefs/mount-cache-inline-volume": "{}" } },
    { attributes: { "juicefs/mount-cache-inline-volume": "[1]" } },
    { attributes: { "juicefs/mount-cache-inline-volume": "[" } },
  ])("%j is refused", (change) => {
    expect(cacheVolumes({ ...ask, ...change })).toHaveProperty("bad");
  });

  it("is the node's only where that may be", () => {
    const path = (hostPaths: boolean) => cacheVolumes({ ...ask, option: "/x", hostPaths });
    expect(path(true)).toMatchObject({ volumes: [{ hostPath: { path: "/x" } }], dropped: [] });
    expect(path(false)).toMatchObject({
      volumes: [{ emptyDir: {} }],
      dropped: [expect.stringContaining("/x")],
    });
  });
});

describe("ports for metrics", () => {
  it("are one for each client, beside those of the app", () => {
    const ports = new MetricsPorts({
      spec: { containers: [{ name: "a", ports: [{ containerPort: 9568 }] }] },
    });
    expect([
      ports.next(undefined, false),
      ports.next(undefined, false),
      ports.next("127.0.0.1:9567", false),
    ]).toEqual([
      { address: "0.0.0.0:9567", port: 9567 },
      { address: "0.0.0.0:9569", port: 9569 },
      { address: "127.0.0.1:9570", port: 9570 },
    ]);
    expect(ports.next("nonsense", false)).toEqual({ address: "nonsense" });
    expect(ports.next(undefined, true)).toEqual({ address: "0.0.0.0:0" });
  });

  it("are the kernel's choice in the node's network (W34)", () => {
    const ports = new MetricsPorts({ spec: { hostNetwork: true, containers: [] } });
    expect(ports.next(undefined, false)).toEqual({ address: "0.0.0.0:0" });
  });
});

describe("labels", () => {
  it.each([
    [{}, true],
    [{ matchLabels: { a: "1" } }, true],
    [{ matchLabels: { a: "2" } }, false],
    [{ matchLabels: { a: "1", b: "1" } }, false],
    [{ matchLabels: { constructor: "x" } }, false],
    [{ matchExpressions: [{ key: "a", operator: "In", values: ["1", "2"] }] }, true],
    [{ matchExpressions: [{ key: "a", operator: "In", values: ["2"] }] }, false],
    [{ matchExpressions: [{ key: "b", operator: "In", values: ["1"] }] }, false],
    [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, false],
    [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["2"] }] }, true],
    [{ matchExpressions: [{ key: "b", operator: "NotIn", values: ["1"] }] }, true],
    [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, true],
    [{ matchExpressions: [{ key: "b", operator: "Exists" }] }, false],
    [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, false],
    [{ matchExpressions: [{ key: "b", operator: "DoesNotExist" }] }, true],
    [{ matchExpressions: [{ key: "a", operator: "Is", values: [] }] }, false],
  ])("%j: %s", (selector, expected) => {
    expect(matchesLabels(selector, { a: "1" })).toBe(expected);
  });
});

it("names of Secrets fit, whatever the claim is called (W44)", () => {
  const claims = [
    { name: "a", uid: "1" },
    { name: "a", uid: "2" },
    { name: "x".repeat(253), uid: "3" },
    { name: "x".repeat(253) },
    { name: `${"x".repeat(252)}y` },
    { name: `${"x".repeat(199)}.y`, uid: "4" },
  ];
  const names = claims.map(clientSecretName);
  expect(names[0]).toMatch(/^sluice-a-[0-9a-f]{10}-jfs-secret$/);
  for (const name of names) expect(name).toMatch(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.?)+$/);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(253);
  expect(new Set(names).size).toBe(claims.length);
});
