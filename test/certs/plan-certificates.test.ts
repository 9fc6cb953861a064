import { beforeAll, describe, expect, it } from "vitest";
import type { CertificateSet } from "../../src/certs/certificate-set.ts";
import { makeCertificateSet, takeStep } from "../../src/certs/make-certificates.ts";
import {
  neededAuthorities,
  type PlanConditions,
  planCertificates,
} from "../../src/certs/plan-certificates.ts";
import { servingNames } from "../../src/certs/serving-names.ts";

const day = 86_400_000;
const start = Date.UTC(2030, 0, 1);
const names = servingNames("sluice", "sluice-system");
const lives = { serving: 30 * day, authority: 360 * day };
const atStart = { now: start, names, lives };

let fresh: CertificateSet;
let announced: CertificateSet;
let changed: CertificateSet;
beforeAll(async () => {
  fresh = await makeCertificateSet(atStart);
  announced = await takeStep(fresh, "announce-authority", atStart);
  changed = await takeStep(announced, "change-authority", atStart);
});

const plan = (set: CertificateSet, days: number, more: Partial<PlanConditions> = {}) =>
  planCertificates(set, {
    ...atStart,
    now: start + days * day,
    jitter: 0,
    nextIsKnown: false,
    changeAsked: false,
    ...more,
  });

describe("planCertificates", () => {
  it.each([
    [0, "keep"],
    [-0.04, "keep"],
    [-0.05, "start-over"],
    [19.9, "keep"],
    [20.1, "renew-serving"],
    [31, "renew-serving"],
    [359, "renew-serving"],
    [361, "start-over"],
  ])("a new set after %f days: %s", (days, step) => {
    expect(plan(fresh, days)).toBe(step);
  });

  it("waits with the renewal for as long as the jitter says, at most an hour or a twentieth of the life", () => {
    expect(plan(fresh, 20 + 0.5 / 24, { jitter: 1 })).toBe("keep");
    expect(plan(fresh, 20 + 1.1 / 24, { jitter: 1 })).toBe("renew-serving");
  });

  it("announces another authority at two thirds of the life, and when it is asked to", async () => {
    const now = start + 239 * day;
    const renewed = await takeStep(fresh, "renew-serving", { ...atStart, now });
    expect(plan(renewed, 239.5)).toBe("keep");
    expect(plan(renewed, 240.1)).toBe("announce-authority");
    expect(plan(fresh, 1, { changeAsked: true })).toBe("announce-authority");
    expect(plan(announced, 1, { changeAsked: true })).toBe("keep");
  });

  it("changes the authority when the next one is known, or the old one is of no use any more", () => {
    expect(plan(announced, 1)).toBe("keep");
    expect(plan(announced, 1, { nextIsKnown: true })).toBe("change-authority");
    expect(plan(fresh, 1, { nextIsKnown: true })).toBe("keep");
  });

  it("changes without waiting when only the next one is still valid", async () => {
    const late = await takeStep(fresh, "announce-authority", { ...atStart, now: start + 350 * day });
    expect(plan(late, 361)).toBe("change-authority");
    expect(plan(late, 1_000)).toBe("start-over");
  });

  it("replaces an announced authority that has expired before its time came", async () => {
    const short = { ...atStart, lives: { ...lives, authority: 20 * day } };
    const set = await takeStep(fresh, "announce-authority", short);
    expect(plan(set, 19)).toBe("keep");
    expect(plan(await takeStep(set, "renew-serving", { ...atStart, now: start + 20 * day }), 21)).toBe(
      "announce-authority",
    );
  });

  it("does not renew again and again what cannot last longer than its authority", async () => {
    const last = await takeStep(fresh, "renew-serving", { ...atStart, now: start + 355 * day });
    const due = plan(last, 356);
    expect(due).toBe("announce-authority");
    const waiting = await takeStep(last, "announce-authority", { ...atStart, now: start + 356 * day });
    expect(plan(waiting, 356)).toBe("keep");
    expect(plan(waiting, 359)).toBe("keep");
  });

  it("renews for another name", () => {
    expect(plan(fresh, 0, { names: servingNames("other", "sluice-system") })).toBe("renew-serving");
  });

  it("forgets the old authority when the last certificate that it signed has expired", async () => {
    const [oldAuthority] = fresh.bundle;
    expect(changed.bundle).toHaveLength(2);
    expect(plan(changed, 19)).toBe("keep");
    const renewed = await takeStep(changed, "renew-serving", { ...atStart, now: start + 20 * day });
    expect(renewed.bundle).toContain(oldAuthority);
    expect(plan(renewed, 29.9)).toBe("keep");
    expect(plan(renewed, 30.1)).toBe("forget");
    const tidy = await takeStep(renewed, "forget", { ...atStart, now: start + 30.1 * day });
    expect(tidy.bundle).toEqual([changed.authority.parsed]);
    expect(plan(tidy, 30.1)).toBe("keep");
  });

  it("the authority that signs stands first", () => {
    const [first] = neededAuthorities(changed, start);
    expect(first).toBe(changed.authority.parsed);
    expect(announced.bundle[0]).toBe(fresh.authority.parsed);
  });
});
