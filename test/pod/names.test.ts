import { describe, expect, it } from "vitest";
import { freeName } from "../../src/pod/names.ts";

const long = "a".repeat(63);

describe("freeName", () => {
  it.each<[string, string, string[], string | RegExp]>([
    ["keeps a free name", "script-0", [], "script-0"],
    ["counts on from a taken one", "script-0", ["script-0"], "script-0-2"],
    ["goes on until one is free", "script-0", ["script-0", "script-0-2"], "script-0-3"],
    ["keeps 63 characters", long, [], long],
    ["hashes what is longer", `${long}-0`, [], /^a{54}-[0-9a-f]{8}$/],
    ["leaves no two dashes before the hash", `${"a".repeat(50)}${"-".repeat(20)}`, [], /^a{50}-[0-9a-f]{8}$/],
    ["hashes again when that is taken", long, [long], /^a{54}-[0-9a-f]{8}$/],
  ])("%s", (_, wanted, taken, name) => {
    const found = freeName(wanted, new Set(taken));
    if (typeof name === "string") expect(found).toBe(name);
    else expect(found).toMatch(name);
    expect(found.length).toBeLessThanOrEqual(63);
    expect(freeName(wanted, new Set(taken))).toBe(found);
  });

  it("gives two long names that begin alike two names", () => {
    expect(freeName(`${long}-0`, new Set())).not.toBe(freeName(`${long}-1`, new Set()));
  });
});
