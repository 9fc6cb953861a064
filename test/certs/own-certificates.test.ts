import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueAuthority, issueServingPair } from "../../src/certs/issue-pair.ts";
import { servingNames } from "../../src/certs/serving-names.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import {
  Clocks,
  changeSecret,
  day,
  overlapMs,
  type Replica,
  type ReplicaOptions,
  register,
  secretData,
  startReplica,
  trusted,
} from "../support/replica.ts";

const closing = new Closing();
let api: FakeApiServer;
let clocks: Clocks;
beforeEach(async () => {
  api = await startApi(closing);
  clocks = new Clocks();
  register(api);
});
afterEach(() => closing.all());

const start = (options: Partial<ReplicaOptions> = {}) => startReplica(closing, api, { clocks, ...options });
const fingerprint = (pem = "") => new X509Certificate(pem).fingerprint256;
const isTrusted = (replica: Replica) => replica.certificates.keeper?.state;
const secretWrites = () =>
  api.calls.filter(({ verb, resource }) => resource === "secrets" && verb === "update");
/** Lets replicas look at everything a few times. */
async function looks(times = 4): Promise<void> {
  const begun = api.callsOf("get", "secrets").length;
  await expect.poll(() => api.callsOf("get", "secrets").length).toBeGreaterThan(begun + times);
}
async function foreignSet(service = "sluice") {
  const authority = await issueAuthority(clocks.wall);
  const pair = await issueServingPair(authority, servingNames(service, "sluice-system"), clocks.wall);
  return { "ca.crt": authority.cert, "ca.key": authority.key, "tls.crt": pair.cert, "tls.key": pair.key };
}

describe("an empty cluster", () => {
  it("two replicas that start at the same instant share what one of them made", async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.served()).toBe(other.served());
    expect(one.served()).toBe(fingerprint(secretData(api)["tls.crt"]));
    expect([...one.actions, ...other.actions].filter((action) => action === "created")).toHaveLength(1);
    await expect.poll(() => [isTrusted(one), isTrusted(other)]).toEqual(["trusted", "trusted"]);
    expect(trusted(api)).toEqual([fingerprint(secretData(api)["ca.crt"])]);
    expect(one.told.concat(other.told).filter((line) => line.startsWith("certificate"))).toEqual([]);
  });

  it("the certificate is made out to the Service and lasts as long as is configured", async () => {
    const replica = await start({ service: "webhook", lives: { serving: 2 * day, authority: 9 * day } });
    const { serving } = replica.needs();
    expect(serving.checkHost("webhook.sluice-system.svc")).toBe("webhook.sluice-system.svc");
    expect(Date.parse(serving.validTo)).toBeCloseTo(clocks.wall + 2 * day, -4);
    expect(replica.certificates.authorityExpiry()?.getTime()).toBeCloseTo(clocks.wall + 9 * day, -4);
  });

  it("a Secret that is there and empty is filled, and keeps what else is in it", async () => {
    const labels = { app: "sluice" };
    api.store.put("secrets", {
      metadata: { name: "sluice-certs", namespace: "sluice-system", labels },
      type: "Opaque",
    });
    const replica = await start();
    expect(replica.actions).toContain("created");
    expect(secretData(api)).toHaveProperty("tls.key");
    expect(api.store.find("secrets", "sluice-certs", "sluice-system")).toMatchObject({
      metadata: { labels },
    });
  });

  it("an API server that is away, or a right that is missing, is waited for and told with its remedy", async () => {
    const allow = api.fail({ resource: "secrets", verb: "get" }, forbidden);
    const told: string[] = [];
    const starting = start({ told });
    await expect.poll(() => told).not.toEqual([]);
    expect(told[0]?.slice(0, 200)).toContain(
      'certificate: cannot get secrets "sluice-certs" in namespace sluice-system: allow the ServiceAccount to get secrets',
    );
    expect(told).toHaveLength(1);
    await api.stop();
    await expect.poll(() => told.at(-1)).toMatch(/ECONNREFUSED|ECONNRESET|socket hang up/);
    allow();
    await api.listen();
    await starting;
    expect(told.at(-1)).toBe("certificate: well");
  });

  it("waiting for it ends when the process is to end", async () => {
    api.fail({ resource: "secrets" }, answering(500));
    const stop = new AbortController();
    const starting = start({ signal: stop.signal });
    stop.abort();
    await expect(starting).rejects.toThrow("ended before it had a certificate");
  });

  it("creating is refused: the right is named", async () => {
    const told: string[] = [];
    const allow = api.fail({ resource: "secrets", verb: "create" }, forbidden);
    const starting = start({ told });
    await expect
      .poll(() => told[0])
      .toMatch(/allow the ServiceAccount to create secrets in namespace sluice-system/);
    allow();
    await starting;
  });
});

describe("what happens to the Secret", () => {
  it("is deleted: it is put back as it was, and nothing else is served", async () => {
    const replicas = await Promise.all([start(), start()]);
    const [before, data] = [replicas[0].served(), secretData(api)];
    api.store.delete("secrets", "sluice-certs", "sluice-system");
    await expect.poll(() => secretData(api)).toEqual(data);
    await looks();
    expect(replicas.map((replica) => replica.served())).toEqual([before, before]);
    expect(replicas.flatMap(({ actions }) => actions).filter((a) => a === "secret-repaired")).toHaveLength(1);
  });

  it.each([
    ["tls.crt is rubbish", { "tls.crt": "rubbish" }],
    ["tls.key is empty", { "tls.key": "" }],
    ["tls.key is missing", { "tls.key": undefined }],
    ["ca.key is rubbish", { "ca.key": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n" }],
    ["ca.crt is rubbish", { "ca.crt": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n" }],
    ["ca.crt is missing", { "ca.crt": undefined }],
    ["next-ca.key is rubbish", { "next-ca.key": "x" }],
    ["former-tls.crt is rubbish", { "former-tls.crt": "x" }],
  ])("%s: it is put right, and what is served stays", async (_, damage) => {
    const replica = await start();
    const [before, data] = [replica.served(), secretData(api)];
    changeSecret(api, damage);
    await expect.poll(() => secretData(api)).toEqual(data);
    await looks();
    expect(replica.served()).toBe(before);
    expect(replica.actions.filter((action) => action === "secret-repaired")).toHaveLength(1);
    expect(isTrusted(replica)).not.toBe("distrusted");
  });

  it("holds the pair of one set and the authority of another: it is put right", async () => {
    const replica = await start();
    const data = secretData(api);
    const foreign = await foreignSet();
    changeSecret(api, { "ca.crt": foreign["ca.crt"], "ca.key": foreign["ca.key"] });
    await expect.poll(() => secretData(api)).toEqual(data);
    changeSecret(api, { "tls.key": foreign["tls.key"] });
    await expect.poll(() => secretData(api)).toEqual(data);
    expect(replica.served()).toBe(fingerprint(data["tls.crt"]));
  });

  it("is damaged before anybody remembers it: all is made anew", async () => {
    const first = await start();
    const before = first.served();
    await first.close();
    changeSecret(api, { "tls.crt": "rubbish" });
    const second = await start();
    expect(second.actions).toContain("secret-repaired");
    expect(second.served()).not.toBe(before);
    await expect.poll(() => isTrusted(second)).toBe("trusted");
  });

  it("gets a sound set of another authority: used once the API servers had time to see it", async () => {
    const replicas = await Promise.all([start(), start({ jitter: 1 })]);
    const [one] = replicas;
    await expect.poll(() => replicas.map(isTrusted)).toEqual(["trusted", "trusted"]);
    const [before, authority] = [one.served(), fingerprint(secretData(api)["ca.crt"])];
    const foreign = await foreignSet();
    changeSecret(api, foreign);
    await expect.poll(() => trusted(api).sort()).toEqual([authority, fingerprint(foreign["ca.crt"])].sort());
    await looks();
    expect(replicas.map((replica) => replica.served())).toEqual([before, before]);
    expect(one.actions).toContain("authority-adopted");

    clocks.pass(overlapMs);
    const after = fingerprint(foreign["tls.crt"]);
    await expect.poll(() => replicas.map((replica) => replica.served())).toEqual([after, after]);
    // The old authority stays for as long as what it signed could be used.
    await looks();
    expect(trusted(api)).toContain(authority);
    clocks.pass(31 * day);
    await expect.poll(() => secretData(api)["former-tls.crt"]).toBeUndefined();
    await looks();
    clocks.pass(overlapMs);
    await expect.poll(() => trusted(api)).toEqual([fingerprint(foreign["ca.crt"])]);
  });

  it("is changed by somebody else between reading and writing: theirs is believed", async () => {
    const replica = await start();
    const renewed = await start();
    await renewed.close();
    let planted: string | undefined;
    const { "ca.key": key = "", "ca.crt": cert = "" } = secretData(api);
    const theirs = await issueServingPair(
      { key, cert },
      servingNames("sluice", "sluice-system"),
      clocks.wall + 21 * day,
    );
    api.fail({ resource: "secrets", verb: "update" }, (_response, _call, pass) => {
      if (planted === undefined) {
        planted = fingerprint(theirs.cert);
        changeSecret(api, { "tls.crt": theirs.cert, "tls.key": theirs.key });
      }
      pass();
    });
    clocks.pass(21 * day);
    await expect.poll(() => replica.served() === planted).toBe(true);
    expect(replica.actions).not.toContain("serving-renewed");
    expect(secretData(api)["tls.crt"]).toBe(theirs.cert);
  });
});

describe("renewal", () => {
  it("comes at two thirds of the certificate's life, once for all replicas", async () => {
    const replicas = await Promise.all([start(), start({ jitter: 1 })]);
    const before = replicas[0].served();
    clocks.pass(20 * day - 60_000);
    await looks();
    expect(replicas[0].served()).toBe(before);
    clocks.pass(120_000);
    await expect.poll(() => replicas[0].served()).not.toBe(before);
    await expect.poll(() => replicas[1].served()).toBe(replicas[0].served());
    expect(replicas.flatMap(({ actions }) => actions).filter((a) => a === "serving-renewed")).toHaveLength(1);
    expect(trusted(api)).toHaveLength(1);
  });

  it.each([
    ["forward, past the certificate's end", 45 * day],
    ["back, to before it is valid", -10 * day],
  ])("a clock that jumps %s: the same authority signs a new one at once", async (_, jump) => {
    const replica = await start();
    const first = replica.served();
    await expect.poll(() => isTrusted(replica)).toBe("trusted");
    clocks.pass(25 * day);
    await expect.poll(() => replica.served()).not.toBe(first);
    const [before, bundle] = [replica.served(), trusted(api)];
    clocks.wall += jump;
    await expect.poll(() => replica.served()).not.toBe(before);
    const { serving } = replica.needs();
    expect(Date.parse(serving.validFrom)).toBeLessThan(clocks.wall);
    expect(Date.parse(serving.validTo)).toBeGreaterThan(clocks.wall);
    await looks();
    expect([isTrusted(replica), trusted(api)]).toEqual(["trusted", bundle]);
  });

  it.each([
    ["past the authority's end", 2 * 365 * day],
    ["to before it is valid", -day],
  ])("a clock that jumps %s: all is made anew and trusted, without waiting", async (_, jump) => {
    const replicas = await Promise.all([start(), start()]);
    const before = replicas[0].served();
    clocks.wall += jump;
    await expect.poll(() => replicas[0].served()).not.toBe(before);
    await expect.poll(() => replicas[1].served()).toBe(replicas[0].served());
    await expect.poll(() => replicas.map(isTrusted)).toEqual(["trusted", "trusted"]);
    expect(replicas.flatMap(({ actions }) => actions).filter((a) => a === "started-over")).toHaveLength(1);
  });

  it("a Service of another name: the certificate is made out to it", async () => {
    await (await start()).close();
    const renamed = await start({ service: "renamed" });
    const name = "renamed.sluice-system.svc";
    await expect.poll(() => renamed.needs().serving.checkHost(name)).toBe(name);
    expect(renamed.actions).toContain("serving-renewed");
  });

  it("cannot be written: told, and before the end a replica helps itself with the same authority", async () => {
    const replica = await start();
    await expect.poll(() => isTrusted(replica)).toBe("trusted");
    const [before, bundle] = [replica.served(), trusted(api)];
    const allow = api.fail({ resource: "secrets", verb: "update" }, forbidden);
    clocks.pass(21 * day);
    await expect
      .poll(() => replica.problems["certificate"])
      .toMatch(/allow the ServiceAccount to update secrets/);
    expect(replica.served()).toBe(before);
    clocks.pass(5 * day);
    await expect.poll(() => replica.served()).not.toBe(before);
    const stopgap = replica.served();
    await looks();
    expect([replica.served(), trusted(api)]).toEqual([stopgap, bundle]);
    clocks.pass(day);
    allow();
    await expect.poll(() => replica.served() === fingerprint(secretData(api)["tls.crt"])).toBe(true);
    expect(replica.problems["certificate"]).toBeUndefined();
  });

  it("is left alone when nothing is due: one write in all", async () => {
    const replica = await start();
    await expect.poll(() => isTrusted(replica)).toBe("trusted");
    clocks.pass(10 * day);
    await looks(10);
    expect(secretWrites()).toEqual([]);
    expect(api.callsOf("patch", "mutatingwebhookconfigurations")).toHaveLength(1);
  });
});
