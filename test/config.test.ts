import { describe, expect, it } from "vitest";
import { parseConfig } from "../src/config.ts";

describe("certificates in the configuration", () => {
  it("has defaults, in milliseconds", () => {
    expect(parseConfig({}).certificates).toEqual({
      source: "own",
      secret: "sluice-certs",
      service: "sluice",
      webhookConfiguration: "sluice",
      servingLife: 30 * 86_400_000,
      authorityLife: 365 * 86_400_000,
      overlap: 60_000,
    });
  });

  it.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["720h", 2_592_000_000],
    ["30d", 2_592_000_000],
  ])("servingLife %s", (servingLife, ms) => {
    expect(parseConfig({ certificates: { servingLife } }).certificates.servingLife).toBe(ms);
  });

  it.each([
    [{ servingLife: "0s" }, /certificates\.servingLife: must be a length of time such as/],
    [{ servingLife: 30 }, /certificates\.servingLife/],
    [{ overlap: "1.5h" }, /certificates\.overlap: must be a length of time/],
    [{ servingLife: "2h", authorityLife: "5h" }, /authorityLife: must be at least three times servingLife/],
    [{ servingLife: "1m", authorityLife: "5m" }, /overlap: must be at most a sixth of authorityLife/],
    [{ namespace: "A" }, /certificates\.namespace: must be a name without dots/],
    [{ service: "a.b" }, /certificates\.service: must be a name without dots/],
    [{ secret: "-" }, /certificates\.secret: must be the name of an object/],
    [{ caBundle: "mine" }, /certificates\.caBundle/],
    [{ key: "x" }, /certificates: .*"key"/],
  ])("%o is refused", (certificates, message) => {
    expect(() => parseConfig({ certificates })).toThrow(message);
  });
});
