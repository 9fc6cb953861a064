import { describe, expect, it } from "vitest";
import type { RawObject } from "../../src/cluster/raw-fields.ts";
import { sharingReader } from "../../src/console/alike-parts.ts";
import { readPodRecord } from "../../src/console/pod-record.ts";

function pod(name: string, claims: readonly string[], owner = "web"): RawObject {
  return JSON.parse(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace: "demo",
        ownerReferences: [{ kind: "ReplicaSet", name: owner, controller: true }],
      },
      spec: {
        nodeName: "node-a",
        containers: [{ name: "app" }],
        volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
      },
      status: { phase: "Running" },
    }),
  );
}

const judgeMissed = () => undefined;

describe("a reader of pods that shares what is alike", () => {
  it.each([
    ["a pod", pod("a", ["data"])],
    ["one that nothing is kept of", pod("a", [])],
    [
      "one without most fields",
      { metadata: {}, spec: { volumes: [{ persistentVolumeClaim: { claimName: "c" } }] } },
    ],
    ["no pod", {}],
  ])("reads %s as it is", (_what, raw) => {
    expect(sharingReader(judgeMissed)(raw)).toEqual(readPodRecord(raw, judgeMissed));
  });

  it("keeps one value for all pods that have it, and tells apart those that have another", () => {
    const read = sharingReader(judgeMissed);
    const [a, b, c] = [pod("a", ["data"]), pod("b", ["data"]), pod("c", ["data", "more"], "api")].map(read);
    expect(b?.mounted).toBe(a?.mounted);
    expect(b?.owner).toBe(a?.owner);
    expect(b?.clients).toBe(a?.clients);
    expect([a?.name, b?.name]).toEqual(["a", "b"]);
    expect([c?.mounted, c?.owner]).toEqual([["data", "more"], { kind: "ReplicaSet", name: "api" }]);
  });

  it("does not grow with all that it has ever read, and keeps nothing that is very long", () => {
    const read = sharingReader(judgeMissed);
    const first = read(pod("a", ["data"]));
    for (let index = 0; index < 5_000; index++) read(pod("b", [`claim-${index}`]));
    const again = read(pod("c", ["data"]));
    expect(again?.mounted).toEqual(first?.mounted);
    expect(again?.mounted).not.toBe(first?.mounted);
    const long = Array.from({ length: 500 }, (_, index) => `claim-${index}`);
    const [one, other] = [read(pod("d", long)), read(pod("e", long))];
    expect(other?.mounted).toEqual(one?.mounted);
    expect(other?.mounted).not.toBe(one?.mounted);
  });
});
