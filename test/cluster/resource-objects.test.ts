import { describe, expect, it } from "vitest";
import { builtInResources, fluidResources } from "../../src/cluster/api-resources.ts";
import { ObjectChanges } from "../../src/cluster/object-changes.ts";
import { ObjectStore } from "../../src/cluster/object-store.ts";
import { ResourceObjects } from "../../src/cluster/resource-objects.ts";
import { ValuePool } from "../../src/cluster/value-pool.ts";

const place = { namespace: "team", name: "data" };

/** An empty store of one kind, and what it tells. */
function made(wanted = "Dataset") {
  const store = new ObjectStore();
  const changes = new ObjectChanges();
  const resource = [...builtInResources, ...fluidResources].find(({ kind }) => kind === wanted);
  if (resource === undefined) throw new Error(`no ${wanted}`);
  const objects = new ResourceObjects(resource, { store, changes, pool: new ValuePool() });
  const told: number[] = [];
  changes.listen([objects.changeKey(place)], () => told.push(told.length));
  return { objects, store, told, phase: () => store.dataset("team", "data")?.phase };
}

function dataset(resourceVersion: string, phase: string) {
  return { metadata: { ...place, resourceVersion }, status: { phase } };
}

function list(objects: ResourceObjects, version: string, phase: string | undefined): void {
  do {
    objects.beginList();
    if (phase !== undefined) objects.listed(dataset(version, phase));
  } while (!objects.endList(version));
}

/** "watch 7 Bound": what brings it, its version, and the phase that it says. */
function apply(objects: ResourceObjects, event: string): void {
  const [what = "", version = "", phase] = event.split(" ");
  const ways: Readonly<Record<string, () => void>> = {
    watch: () => objects.watched("MODIFIED", dataset(version, phase ?? "")),
    gone: () => objects.watched("DELETED", dataset(version, "")),
    read: () => objects.read(dataset(version, phase ?? "")),
    bookmark: () => objects.bookmarked(version),
    list: () => list(objects, version, phase),
    begin: () => objects.beginList(),
    end: () => void objects.endList(version),
  };
  ways[what]?.();
}

describe("the objects of a resource", () => {
  it.each([
    { name: "an older read after an event", events: ["watch 7 new", "read 5 old"], phase: "new" },
    { name: "an older event after a read", events: ["read 7 new", "watch 5 old"], phase: "new" },
    { name: "an older deletion after a read", events: ["read 7 new", "gone 6"], phase: "new" },
    { name: "a deletion", events: ["watch 5 old", "gone 6"], phase: undefined },
    {
      name: "a read of what was deleted since",
      events: ["watch 5 old", "gone 6", "read 5 old"],
      phase: undefined,
    },
    { name: "a read from before a bookmark", events: ["bookmark 9", "read 8 old"], phase: undefined },
    { name: "a read of what was made again", events: ["watch 5 old", "gone 6", "read 7 new"], phase: "new" },
    { name: "numbers, not texts, being compared", events: ["watch 10 new", "read 9 old"], phase: "new" },
    { name: "versions that are no numbers", events: ["watch x old", "read y new"], phase: "new" },
    { name: "a list that is older than a read", events: ["read 7 new", "list 6 old"], phase: "new" },
    { name: "a list that is older than what was made", events: ["read 7 new", "list 6"], phase: "new" },
    { name: "a list without the object", events: ["watch 5 old", "list 6"], phase: undefined },
    {
      name: "a list from before the known past",
      events: ["bookmark 90", "watch 80 old", "list 6 new"],
      phase: "new",
    },
    {
      name: "an empty list from before the known past",
      events: ["watch 80 old", "list 6"],
      phase: undefined,
    },
    {
      name: "a read during a list from before",
      events: ["begin 6", "read 5 old", "end 6"],
      phase: undefined,
    },
    { name: "a read during a list from after", events: ["begin 6", "read 7 new", "end 6"], phase: "new" },
  ])("$name: $phase", ({ events, phase }) => {
    const { objects, phase: seen } = made();
    for (const event of events) apply(objects, event);
    expect(seen()).toBe(phase);
    expect(objects.size).toBe(phase === undefined ? 0 : 1);
  });

  it("tells of what can be seen, and of nothing else", () => {
    const { objects, told } = made();
    objects.watched("ADDED", dataset("1", "NotBound"));
    objects.watched("MODIFIED", dataset("2", "NotBound"));
    objects.watched("ADDED", { metadata: { namespace: "team", name: "other", resourceVersion: "3" } });
    expect(told).toHaveLength(1);
    objects.watched("MODIFIED", dataset("4", "Bound"));
    objects.watched("DELETED", dataset("5", "Bound"));
    expect(told).toHaveLength(3);
  });

  it("an answer that there is none counts only while nothing has changed", () => {
    const { objects, phase } = made();
    objects.readMissing(place, undefined);
    objects.watched("ADDED", dataset("5", "Bound"));
    objects.readMissing(place, undefined);
    objects.readMissing(place, 4);
    expect(phase()).toBe("Bound");
    objects.readMissing(place, objects.versionOf(place));
    expect(phase()).toBeUndefined();
  });

  it("takes nothing any more once it is closed", () => {
    const { objects, phase } = made();
    objects.watched("ADDED", dataset("5", "Bound"));
    objects.close();
    objects.read(dataset("9", "Bound"));
    expect(phase()).toBeUndefined();
    expect(objects.size).toBe(0);
  });

  it("keeps an object that is nested too deep to be compared with others", () => {
    const { objects, store } = made("DaemonSet");
    let deep: object = {};
    for (let level = 0; level < 200; level += 1) deep = { deep };
    objects.read({
      metadata: place,
      spec: { template: { spec: { containers: [{ name: "client", deep }] } } },
    });
    expect(store.clientDaemonSet("team", "data")?.template.containers).toEqual([{ name: "client", deep }]);
  });
});
