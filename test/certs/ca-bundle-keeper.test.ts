import { X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstTrust } from "../../src/certs/first-trust.ts";
import { issueAuthority } from "../../src/certs/issue-pair.ts";
import { readBundle, writeBundle } from "../../src/certs/pem-bundle.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import {
  Clocks,
  caBundles,
  day,
  overlapMs,
  type Replica,
  type ReplicaOptions,
  register,
  registration,
  secretData,
  startReplica,
  trusted,
} from "../support/replica.ts";

const closing = new Closing();
const never = new AbortController().signal;
let api: FakeApiServer;
let clocks: Clocks;
beforeEach(async () => {
  api = await startApi(closing);
  clocks = new Clocks();
});
afterEach(() => closing.all());

const configurations = "mutatingwebhookconfigurations";
const start = (options: Partial<ReplicaOptions> = {}) => startReplica(closing, api, { clocks, ...options });
const fingerprint = (pem = "") => new X509Certificate(pem).fingerprint256;
const ours = () => fingerprint(secretData(api)["ca.crt"]);
const state = ({ certificates }: Replica) => certificates.keeper?.state;
const patches = () => api.callsOf("patch", configurations);
async function looks(times = 4): Promise<void> {
  const begun = api.callsOf("get", configurations).length;
  await expect.poll(() => api.callsOf("get", configurations).length).toBeGreaterThan(begun + times);
}
async function started(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
  register(api);
  const replica = await start(options);
  await expect.poll(() => state(replica)).toBe("trusted");
  return replica;
}
/** Asks for another authority, as a person does. */
function askForChange(): void {
  const found = api.store.find("secrets", "sluice-certs", "sluice-system");
  if (found === undefined) throw new Error("there is no Secret");
  const metadata = { ...found.metadata, annotations: { "sluice.io/change-authority": "yes" } };
  api.store.put("secrets", { ...found, metadata });
}

describe("the caBundle", () => {
  it("is filled in every webhook, and nothing else is touched", async () => {
    await started();
    const found = api.store.find(configurations, "sluice");
    expect(found).toMatchObject(registration());
    expect(trusted(api)).toEqual([ours()]);
    expect(patches().map(({ body }) => body)).toEqual([
      [0, 1].flatMap((index) => [
        { op: "test", path: `/webhooks/${index}/name`, value: `w${index}.sluice.io` },
        { op: "add", path: `/webhooks/${index}/clientConfig/caBundle`, value: expect.any(String) },
      ]),
    ]);
  });

  it.each([
    ["rubbish", ["rubbish", "rubbish"]],
    ["nothing", [undefined, undefined]],
    ["half of it", ["-----BEGIN CERTIFICATE-----\nMIIB", "-----BEGIN CERTIFICATE-----\nMIIB"]],
  ])("reset to %s: put right at once, by whoever sees it first, and counted", async (_, bundles) => {
    const one = await started();
    const other = await start();
    await expect.poll(() => state(other)).toBe("trusted");
    register(api, ...bundles);
    await expect.poll(() => trusted(api)).toEqual([ours()]);
    await looks();
    const repairs = [one, other].flatMap(({ actions }) => actions).filter((a) => a === "bundle-repaired");
    expect(repairs.length).toBeGreaterThanOrEqual(1);
    expect(repairs.length).toBeLessThanOrEqual(2);
    expect([state(one), state(other)]).toEqual(["trusted", "trusted"]);
  });

  it("reset in one webhook only: that one is put right, the other is left alone (W23)", async () => {
    await started();
    const [good] = caBundles(api);
    register(api, good, "rubbish");
    await expect.poll(() => trusted(api)).toEqual([ours()]);
    expect(patches().at(-1)?.body).toMatchObject([{ path: "/webhooks/1/name" }, { op: "add" }]);
  });

  it("reset to another authority: ours is added, and the other leaves when nobody can need it any more", async () => {
    await started();
    const other = await issueAuthority(clocks.wall);
    register(api, other.cert, other.cert);
    await expect.poll(() => trusted(api)).toEqual([ours(), fingerprint(other.cert)]);
    await looks();
    expect(trusted(api)).toHaveLength(2);
    clocks.pass(overlapMs);
    await expect.poll(() => trusted(api)).toEqual([ours()]);
  });

  it("webhooks in another order since they were read: none gets what is not its own", async () => {
    await started();
    let swapped = false;
    api.fail({ resource: configurations, verb: "patch" }, (_response, _call, pass) => {
      const { webhooks, ...rest } = registration();
      if (!swapped) api.store.put(configurations, { ...rest, webhooks: [...webhooks].reverse() });
      swapped = true;
      pass();
    });
    register(api);
    await expect.poll(() => trusted(api)).toEqual([ours()]);
    const found = api.store.find(configurations, "sluice");
    expect(found?.["webhooks"]).toMatchObject([{ name: "w1.sluice.io" }, { name: "w0.sluice.io" }]);
  });

  it("kept by somebody else: never written, and told when it does not trust us", async () => {
    register(api);
    const replica = await start({ caBundle: "external" });
    await expect
      .poll(() => replica.problems["registration"])
      .toMatch(/does not trust our certificate: caBundle/);
    expect(state(replica)).toBe("distrusted");
    register(api, secretData(api)["ca.crt"], secretData(api)["ca.crt"]);
    await expect.poll(() => state(replica)).toBe("trusted");
    expect(replica.problems["registration"]).toBeUndefined();
    expect(patches()).toEqual([]);
  });

  it.each([
    [
      "patch",
      /cannot patch mutatingwebhookconfigurations\.admissionregistration\.k8s\.io "sluice": allow the/,
    ],
    ["get", /cannot get mutatingwebhookconfigurations\.admissionregistration\.k8s\.io "sluice": allow the/],
  ] as const)(
    "no right to %s: named with its remedy, and found out when it is given",
    async (verb, message) => {
      const allow = api.fail({ resource: configurations, verb }, forbidden);
      register(api);
      const replica = await start();
      await expect.poll(() => replica.problems["registration"]?.slice(0, 200)).toMatch(message);
      expect(state(replica)).toBe(verb === "get" ? "unknown" : "distrusted");
      allow();
      await expect.poll(() => state(replica)).toBe("trusted");
      expect(replica.problems["registration"]).toBeUndefined();
    },
  );

  it("a bundle that is reset and may not be put right: distrusted, until the right is given", async () => {
    const replica = await started();
    expect(state(replica)).toBe("trusted");
    const allow = api.fail({ resource: configurations, verb: "patch" }, forbidden);
    register(api);
    await expect.poll(() => state(replica)).toBe("distrusted");
    expect(replica.problems["registration"]).toContain("cannot patch mutatingwebhookconfigurations");
    allow();
    await expect.poll(() => state(replica)).toBe("trusted");
  });

  it("an API server that goes away and comes back: still trusted, and the watch goes on", async () => {
    const replica = await started();
    await api.stop();
    await expect.poll(() => replica.problems["registration"]).toContain("ECONNREFUSED");
    expect(state(replica)).toBe("trusted");
    await api.listen();
    await expect.poll(() => replica.problems["registration"]).toBeUndefined();
    register(api, "rubbish");
    await expect.poll(() => trusted(api)).toEqual([ours()]);
  });

  it("a storm of errors: tried again, and told once", async () => {
    const replica = await started();
    const over = api.fail({ resource: configurations }, answering(503, "storm"), 20);
    await expect.poll(() => replica.told.filter((line) => line.includes("storm"))).toHaveLength(1);
    await expect.poll(() => replica.problems["registration"]).toBeUndefined();
    over();
  });
});

describe("the registration", () => {
  it("deleted: never made, told, still serving; made again: trusted at once", async () => {
    const replica = await started();
    api.store.delete(configurations, "sluice");
    await expect.poll(() => state(replica)).toBe("missing");
    expect(replica.problems["registration"]).toMatch(
      /^MutatingWebhookConfiguration sluice does not exist: no pod gets its data until it is installed again/,
    );
    await looks();
    expect(api.store.find(configurations, "sluice")).toBeUndefined();
    expect(api.calls.filter(({ verb }) => verb === "create").map(({ resource }) => resource)).toEqual([
      "secrets",
    ]);
    register(api);
    await expect.poll(() => state(replica)).toBe("trusted");
    expect(trusted(api)).toEqual([ours()]);
  });

  it("without webhooks is as good as none", async () => {
    api.store.put(configurations, { ...registration(), webhooks: [] });
    const replica = await start();
    await expect.poll(() => replica.problems["registration"]).toMatch(/has no webhooks/);
    expect(patches()).toEqual([]);
  });
});

describe("the first trust", () => {
  it("is waited for", async () => {
    register(api);
    const allow = api.fail({ resource: configurations, verb: "patch" }, forbidden);
    const { certificates } = await start();
    let ready = false;
    const waiting = firstTrust(certificates.keeper ?? expect.fail(), 0, never).then(() => {
      ready = true;
    });
    await looks();
    expect(ready).toBe(false);
    allow();
    await waiting;
    expect(trusted(api)).toEqual([ours()]);
  });

  it("where there is no registration it is not waited for long", async () => {
    const { certificates } = await start();
    const keeper = certificates.keeper ?? expect.fail();
    await firstTrust(keeper, 30, never);
    expect(keeper.state).toBe("missing");
  });

  it("ends with the process", async () => {
    const { certificates } = await start();
    const stop = new AbortController();
    const waiting = firstTrust(certificates.keeper ?? expect.fail(), 60_000, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe("a change of the authority", () => {
  it("is announced, read back, waited for, and only then served from; the old one leaves last", async () => {
    const replicas = [await started(), await start()];
    const old = ours();
    const before = replicas[0]?.served();
    const served = () => [...new Set(replicas.map((replica) => replica.served()))];
    // Nobody sees the new bundle yet: it cannot be published.
    const allow = api.fail({ resource: configurations, verb: "patch" }, forbidden);
    askForChange();
    await expect.poll(() => secretData(api)["next-ca.key"]).toContain("PRIVATE KEY");
    clocks.pass(10 * overlapMs);
    await looks();
    expect([served(), trusted(api)]).toEqual([[before], [old]]);

    allow();
    await expect.poll(() => trusted(api)).toHaveLength(2);
    await looks();
    clocks.pass(overlapMs - 1);
    await looks();
    expect(served()).toEqual([before]);

    clocks.pass(1);
    await expect.poll(() => served().includes(before ?? "")).toBe(false);
    expect(served()).toHaveLength(1);
    const changes = replicas.flatMap(({ actions }) => actions);
    expect(changes.filter((action) => action === "authority-announced")).toHaveLength(1);
    expect(changes.filter((action) => action === "authority-changed")).toHaveLength(1);
    expect(trusted(api)).toContain(old);

    clocks.pass(29 * day);
    await looks();
    expect(trusted(api)).toContain(old);
    clocks.pass(2 * day);
    await expect.poll(() => readBundle(secretData(api)["ca.crt"] ?? "")).toHaveLength(1);
    await looks();
    clocks.pass(overlapMs);
    await expect.poll(() => trusted(api)).not.toContain(old);
    expect(trusted(api)).toHaveLength(1);
    await expect.poll(() => replicas.map(state)).toEqual(["trusted", "trusted"]);
  });

  it("comes by itself at two thirds of the authority's life", async () => {
    const replica = await started();
    const old = ours();
    clocks.pass(244 * day);
    await expect.poll(() => trusted(api).length).toBe(2);
    await looks();
    clocks.pass(overlapMs);
    await expect.poll(() => replica.actions).toContain("authority-changed");
    await expect.poll(() => ours()).not.toBe(old);
  });

  it("is fallen back from nowhere: a caller with the old bundle or the new one connects while it should", async () => {
    const replica = await started();
    const server = await tlsServer(replica);
    const first = caBundles(api)[0] ?? "";
    await connects(server, first);

    askForChange();
    await expect.poll(() => trusted(api)).toHaveLength(2);
    const both = caBundles(api)[0] ?? "";
    // API servers that have not yet seen the new bundle, and those that have.
    await connects(server, first);
    await connects(server, both);

    await looks();
    clocks.pass(overlapMs);
    await expect.poll(() => replica.actions).toContain("authority-changed");
    await connects(server, caBundles(api)[0] ?? "");
    await connects(server, both);
    const newest = writeBundle(readBundle(secretData(api)["ca.crt"] ?? "").slice(0, 1));
    await connects(server, newest);
    await expect(connects(server, first)).rejects.toThrow(/certificate/);
  });
});

/** Serves by whatever the replica says, as the webhook does. */
async function tlsServer({ certificates }: Replica): Promise<Server> {
  const { key, cert } = certificates.source.current;
  const server = createServer({ key, cert });
  certificates.source.onChange((next) => server.setSecureContext({ key: next.key, cert: next.cert }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.add(() => new Promise((resolve) => server.close(() => resolve())));
  return server;
}

function connects(server: Server, ca: string): Promise<void> {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, ca, servername: "sluice.sluice-system.svc" };
    const socket = connect(options, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

describe("the caBundle of the registration for Secrets and volumes of JuiceFS", () => {
  const validating = "validatingwebhookconfigurations";
  const put = (caBundle?: string) =>
    api.store.put(validating, {
      ...registration(caBundle, caBundle),
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "sluice-juicefs" },
    });
  const bundles = (): string[] => {
    const webhooks = api.store.find(validating, "sluice-juicefs")?.["webhooks"];
    return (Array.isArray(webhooks) ? webhooks : []).map(({ clientConfig }) =>
      Buffer.from(clientConfig.caBundle ?? "", "base64").toString(),
    );
  };
  const trustedThere = () =>
    bundles().flatMap((text) => readBundle(text).map(({ fingerprint256 }) => fingerprint256));

  it("is kept right as well", async () => {
    put();
    await started({ validation: "sluice-juicefs" });
    await expect.poll(trustedThere).toEqual([ours(), ours()]);
    put("rubbish");
    await expect.poll(() => bundles().includes("rubbish")).toBe(false);
    expect(trustedThere()).toEqual([ours(), ours()]);
  });

  it("is waited for by nobody: where it is missing, that is told, and pods are served", async () => {
    const replica = await started({ validation: "sluice-juicefs" });
    await expect
      .poll(() => replica.problems["validation"])
      .toContain("ValidatingWebhookConfiguration sluice-juicefs does not exist");
    expect(state(replica)).toBe("trusted");
    expect(replica.problems["registration"]).toBeUndefined();
  });

  it("is never asked for where there is none", async () => {
    await started();
    await looks();
    expect(api.callsOf("get", validating)).toHaveLength(0);
  });
});
