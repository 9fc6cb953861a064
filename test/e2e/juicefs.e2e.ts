import { expect, it } from "vitest";
import { clientSecretName } from "../../src/datasets/juicefs/secret-name.ts";
import type { AuditEntry } from "./harness/audit-log.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, fieldsOf, listAt, textAt } from "./harness/fields.ts";
import { asking, clusterWithControllers, holderOf, leaderOf } from "./harness/install-controllers.ts";
import {
  addFileSystem,
  addStaticClaim,
  boundClaim,
  claimPath,
  juicefsClaim,
  volumeFor,
} from "./harness/juicefs-volumes.ts";
import { newNames } from "./harness/new-names.ts";
import { addObject } from "./harness/objects.ts";
import { claimsOf, clientsOf, podOf } from "./harness/pods.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

const webhook = `system:serviceaccount:${sluiceNamespace}:sluice`;
const controllers = `system:serviceaccount:${sluiceNamespace}:sluice-controllers`;
/** Where the controllers may read and make Secrets. */
const granted = ["storage", "lab", "demo", "serverless", "node", "crowd", "both"];
const calls = "apiserver_admission_webhook_admission_duration_seconds_count";
const registrations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

const corpfs = {
  name: "corpfs",
  metaurl: "redis://:secret-1@redis.db.svc:6379/1",
  storage: "s3",
  bucket: "https://secret-2.s3.example.com",
  "access-key": "secret-3",
  "secret-key": "secret-4",
  envs: '{"TZ": "secret-5"}',
  note: "secret-6 for nobody but its owner",
};

async function start(): Promise<TestCluster> {
  const cluster = await clusterWithControllers(
    [`juicefs.secrets.namespaces=${JSON.stringify(granted)}`],
    {
      storage: {},
      vault: {},
      lab: asking,
      elsewhere: asking,
      crowd: asking,
      serverless: { "juicefs.com/enable-serverless-injection": "true" },
      node: { "juicefs.com/enable-injection": "true" },
      both: {},
    },
    { audited: [webhook, controllers] },
  );
  try {
    await addFileSystem(cluster, "storage/corpfs", corpfs);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

const podsPath = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const secretsPath = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;

describeCluster("volumes of the JuiceFS CSI driver", start, (cluster) => {
  const newName = newNames();

  // Each has claims of its own, so that the controllers' pauses of 30 s are waited for once.
  it.concurrent("a static claim: its pod gets a client, and the Secret holds all that the client reads and no more", {
    timeout: 300_000,
  }, async () => {
    await addStaticClaim(cluster(), "lab/static", "storage/corpfs");
    const pod = await served(cluster(), "lab", ["static"]);
    expect(clientsOf(pod)).toEqual(["jfs-mount"]);
    const secret = await secretOf(cluster(), "lab/static");
    expect(Object.keys(fieldsOf(secret["data"])).sort()).toEqual(keysOfClient(pod, secret));
    expect(Object.keys(fieldsOf(secret["data"]))).not.toContain("note");
    expect(listAt(secret, "metadata", "ownerReferences")).toEqual([
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        name: "static",
        uid: textAt(await cluster().api.get(claimPath("lab/static")), "metadata", "uid"),
      },
    ]);
    const facts = `/api/v1/namespaces/${sluiceNamespace}/configmaps/juicefs.storage.corpfs`;
    expect(JSON.stringify(await cluster().api.get(facts))).not.toMatch(/secret-\d/);
    expect(JSON.stringify(pod)).not.toMatch(/secret-\d/);
  });

  it.concurrent("a dynamic claim: refused until it is provisioned, and served in its own directory then", {
    timeout: 300_000,
  }, async () => {
    const { api } = cluster();
    await addObject(api, {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "juicefs-sc" },
      provisioner: "csi.juicefs.com",
      volumeBindingMode: "Immediate",
    });
    const name = newName("dynamic");
    const place = `lab/${name}` as const;
    await addObject(api, juicefsClaim(place, "juicefs-sc"));
    const told = await eventually("its pod is refused", async () => {
      const { status, body } = await api.send("POST", podsPath("lab"), podOf(name, lab([name])));
      return status === 409 ? textAt(body, "message") : undefined;
    });
    expect(told).toContain(`claim ${place} of class juicefs-sc has no volume yet: wait until it is`);
    // As the driver's provisioner does it.
    const subPath = `pvc-${textAt(await api.get(claimPath(place)), "metadata", "uid")}`;
    const volume = { secret: "storage/corpfs", className: "juicefs-sc", subPath } as const;
    await addObject(api, volumeFor(place, volume));
    await boundClaim(cluster(), place);
    const pod = await served(cluster(), "lab", [name]);
    const command = JSON.stringify(at(clientOf(pod, "jfs-mount"), "command"));
    expect(command).toContain(`subdir=${subPath}`);
    await secretOf(cluster(), place);
  });

  it.concurrent("a Secret that the controllers may not read: the refusal names the right, and the right is enough", {
    timeout: 300_000,
  }, async () => {
    const { api, kubectl } = cluster();
    const rights = "/apis/rbac.authorization.k8s.io/v1/namespaces/vault";
    await api.remove(`${rights}/rolebindings/read`);
    await api.remove(`${rights}/roles/read`);
    const name = newName("hidden");
    await addFileSystem(cluster(), `vault/${name}`, { ...corpfs, name });
    await addStaticClaim(cluster(), `lab/${name}`, `vault/${name}`);
    await eventually("the refusal says why", async () =>
      (await refusal(cluster(), "lab", [name])).includes(
        `Secret vault/${name} of claim lab/${name} cannot be used: sluice controllers may not read it: allow get on Secrets in namespace vault`,
      ),
    );
    await kubectl.do(["create", "role", "read", "-n", "vault", "--verb=get", "--resource=secrets"]);
    const account = `--serviceaccount=${sluiceNamespace}:sluice-controllers`;
    await kubectl.do(["create", "rolebinding", "read", "-n", "vault", "--role=read", account]);
    expect(clientsOf(await served(cluster(), "lab", [name]))).toEqual(["jfs-mount"]);
  });

  it.concurrent("a claim where the controllers may make no Secret: its Events name the right", {
    timeout: 300_000,
  }, async () => {
    const { api } = cluster();
    await addStaticClaim(cluster(), "elsewhere/kept-out", "storage/corpfs");
    const told = await eventually(
      "that is told on the claim",
      async () => {
        const events = await api.list("/api/v1/namespaces/elsewhere/events");
        return events.find(({ reason }) => reason === "SecretNotPrepared");
      },
      { seconds: 240, pauseMs: 250 },
    );
    expect(at(told, "involvedObject", "name")).toBe("kept-out");
    expect(textAt(told, "message")).toMatch(/"secrets".*namespace "elsewhere"/);
    expect(await api.list(secretsPath("elsewhere"))).toEqual([]);
  });

  it.concurrent("a source that changes is followed; a Secret that somebody else made is never touched", {
    timeout: 300_000,
  }, async () => {
    const { api } = cluster();
    const name = newName("turning");
    await addFileSystem(cluster(), `storage/${name}`, { ...corpfs, name });
    // Volumes are looked at in the order of their names, so that this one comes first.
    const first = newName("aaa");
    await addObject(api, juicefsClaim(`lab/${first}`));
    const uid = textAt(await api.get(claimPath(`lab/${first}`)), "metadata", "uid");
    const taken = clientSecretName({ name: first, uid });
    await addFileSystem(cluster(), `lab/${taken}`, { metaurl: "somebody else's" });
    const foreign = await api.get(`${secretsPath("lab")}/${taken}`);
    await addObject(api, volumeFor(`lab/${first}`, { secret: `storage/${name}` }));
    await boundClaim(cluster(), `lab/${first}`);
    await addStaticClaim(cluster(), `lab/${name}`, `storage/${name}`);
    const before = await secretOf(cluster(), `lab/${name}`);
    const changed = { stringData: { ...corpfs, name, "secret-key": "turned" } };
    await api.patch(`${secretsPath("storage")}/${name}`, changed);
    await eventually(
      "the copy has changed too",
      async () => decoded(await secretOf(cluster(), `lab/${name}`), "secret-key") === "turned",
      { seconds: 240, pauseMs: 500 },
    );
    expect(decoded(before, "secret-key")).toBe("secret-4");
    expect(await api.get(`${secretsPath("lab")}/${taken}`)).toEqual(foreign);
  });

  it.concurrent("a claim that goes takes its Secret along, and what is known of its source with the last claim", {
    timeout: 300_000,
  }, async () => {
    const { api } = cluster();
    const name = newName("passing");
    await addFileSystem(cluster(), `storage/${name}`, { ...corpfs, name });
    await addStaticClaim(cluster(), `lab/${name}`, `storage/${name}`);
    const secret = textAt(await secretOf(cluster(), `lab/${name}`), "metadata", "name");
    const facts = `/api/v1/namespaces/${sluiceNamespace}/configmaps/juicefs.storage.${name}`;
    expect((await api.send("GET", facts)).status).toBe(200);
    await api.delete(claimPath(`lab/${name}`));
    const gone = (path: string) =>
      eventually(`${path} is gone`, async () => (await api.send("GET", path)).status === 404, {
        seconds: 240,
        pauseMs: 250,
      });
    await Promise.all([gone(`${secretsPath("lab")}/${secret}`), gone(facts)]);
    expect((await api.send("GET", `${secretsPath("storage")}/${name}`)).status).toBe(200);
  });

  it.concurrent("both families in one pod: a client of Fluid's and one of JuiceFS", {
    timeout: 300_000,
  }, async () => {
    await addStaticClaim(cluster(), "demo/scratch", "storage/corpfs");
    const pod = await served(cluster(), "demo", ["imagenet", "scratch"]);
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0", "jfs-mount-1"]);
    expect(claimsOf(pod)).toEqual([]);
  });

  it.concurrent("the driver's labels ask for its claims only, and its opt-out is heeded", {
    timeout: 300_000,
  }, async () => {
    for (const namespace of ["serverless", "node"] as const) {
      await cluster().addDataset("own", namespace);
      await addStaticClaim(cluster(), `${namespace}/labelled`, "storage/corpfs");
      const pod = await served(cluster(), namespace, ["labelled", "own"]);
      expect([clientsOf(pod), claimsOf(pod)]).toEqual([["jfs-mount"], ["own"]]);
      expect(at(pod, "metadata", "labels", "done.sidecar.juicefs.com/inject")).toBe("true");
      const labels = { "disable.sidecar.juicefs.com/inject": "true" };
      const out = await cluster().api.create(
        podsPath(namespace),
        podOf(undefined, { namespace, claims: ["labelled"], labels }),
      );
      expect([clientsOf(out), claimsOf(out)]).toEqual([[], ["labelled"]]);
    }
  });

  it.concurrent("through the paths of Fluid's and the driver's webhooks, in either order, a pod gets both clients", {
    timeout: 300_000,
  }, async () => {
    const { api, plane } = cluster();
    await ownRegistrationsFor(cluster(), "both");
    // The namespace does not ask by itself; what is known of its Secret comes by a claim in one that does.
    await addFileSystem(cluster(), "both/local", { ...corpfs, name: "local", envs: "" });
    await addStaticClaim(cluster(), "lab/of-both", "both/local");
    await addStaticClaim(cluster(), "both/local", "both/local");
    await cluster().addDataset("imagenet", "both");
    const made = ["fluid-first", "juicefs-first"].map((order) =>
      eventually(`a pod comes in with both clients, ${order}`, async () => {
        const labels = { order, "serverless.fluid.io/inject": "true" };
        const asked = podOf(undefined, { namespace: "both", claims: ["imagenet", "local"], labels });
        const pod = await api.create(podsPath("both"), { ...asked, spec: withoutToken(asked) });
        return clientsOf(pod).length === 2 ? pod : undefined;
      }),
    );
    const [fluidFirst, juicefsFirst] = await Promise.all(made);
    expect([clientsOf(fluidFirst).sort(), claimsOf(fluidFirst)]).toEqual([
      ["fluid-fuse-0", "jfs-mount-1"],
      [],
    ]);
    expect(at(juicefsFirst, "spec", "containers")).toEqual(at(fluidFirst, "spec", "containers"));
    for (const client of ["fluid-fuse-0", "jfs-mount-1"])
      expect(whatRuns(clientOf(juicefsFirst, client))).toEqual(whatRuns(clientOf(fluidFirst, client)));
    for (const order of ["fluid-first", "juicefs-first"])
      for (const way of ["fluid", "juicefs"])
        expect([order, way, await plane.metric(calls, `name="${way}.${order}.example.com"`)]).not.toEqual([
          order,
          way,
          0,
        ]);
  });

  it("the controllers' rights on Secrets end where the values say, and the webhook has none but on its own", async () => {
    const can = async (verb: string, namespace: string, user: string) =>
      (
        await cluster().kubectl.run(["auth", "can-i", verb, "secrets", "-n", namespace, `--as=${user}`])
      ).stdout.trim();
    const asked = [
      ["get", "storage", controllers, "yes"],
      ["create", "lab", controllers, "yes"],
      ["list", "lab", controllers, "no"],
      ["delete", "lab", controllers, "no"],
      ["create", "vault", controllers, "no"],
      ["get", "default", controllers, "no"],
      ["get", "lab", webhook, "no"],
      ["get", "storage", webhook, "no"],
    ] as const;
    const told = asked.map(async ([verb, namespace, user]) => [
      verb,
      namespace,
      user,
      await can(verb, namespace, user),
    ]);
    expect(await Promise.all(told)).toEqual(asked);
  });

  it("1,000 claims get their Secrets, each made once, though the leader is killed in the middle", {
    timeout: 700_000,
  }, async () => {
    const { api, plane } = cluster();
    const sources = Array.from({ length: 10 }, (_, index) => `storage/many-${index}` as const);
    for (const source of sources) await addFileSystem(cluster(), source, { ...corpfs, name: "many" });
    const leader = await leaderOf(cluster());
    const holder = await holderOf(cluster());
    const before = plane.audit.entries().length;
    const begin = performance.now();
    const places = Array.from({ length: 1_000 }, (_, index) => `crowd/claim-${index}` as const);
    const queue = places.entries();
    const create = async () => {
      for (const [index, place] of queue) {
        const secret = sources[index % sources.length] ?? "storage/many-0";
        await addObject(api, volumeFor(place, { secret }));
        await addObject(api, juicefsClaim(place));
      }
    };
    await Promise.all(Array.from({ length: 16 }, create));
    const created = performance.now();
    await eventually("some are made", async () => (await countSecrets(cluster(), "crowd")) >= 400, {
      seconds: 180,
      pauseMs: 200,
    });
    const killed = performance.now();
    await leader.process.stop("SIGKILL");
    // Nobody sees that this one changes.
    await api.patch(`${secretsPath("storage")}/many-0`, { stringData: { "secret-key": "turned" } });
    await eventually("another leads", async () => ![holder, ""].includes(await holderOf(cluster())), {
      seconds: 240,
    });
    const led = performance.now();
    await eventually("all are made", async () => (await countSecrets(cluster(), "crowd")) === places.length, {
      seconds: 240,
      pauseMs: 500,
    });
    const secrets = await api.list(`${secretsPath("crowd")}?labelSelector=sluice.io/juicefs-client%3Dtrue`);
    const done = performance.now();
    const entries = plane.audit.entries().slice(before);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    process.stdout.write(
      `1,000 JuiceFS claims: created in ${seconds(begin, created)} s; leader killed after ${seconds(begin, killed)} s, the next leads ${seconds(killed, led)} s later; all Secrets ${seconds(led, done)} s after that. Calls of the controllers: ${told(entries)}\n`,
    );
    expect(secrets).toHaveLength(places.length);
    const owners = secrets.map((secret) => textAt(secret, "metadata", "ownerReferences", 0, "name"));
    expect(new Set(owners)).toEqual(new Set(places.map((place) => place.replace("crowd/", ""))));
    expect(callsOf(entries, "create", "secrets")).toBeLessThanOrEqual(places.length);
    await eventually(
      "those made before follow their source",
      async () => {
        const all = await api.list(`${secretsPath("crowd")}?labelSelector=sluice.io/juicefs-client%3Dtrue`);
        const turned = all.filter((secret) => decoded(secret, "secret-key") === "turned");
        return turned.length === places.length / sources.length;
      },
      { seconds: 240, pauseMs: 500 },
    );
  });

  it("a pod's way in makes no write and reads no Secret, as the API server's audit log has it", async () => {
    const { api, plane } = cluster();
    await addStaticClaim(cluster(), "demo/audited", "storage/corpfs");
    await served(cluster(), "demo", ["imagenet", "audited"]);
    const mine = () => plane.audit.entries().filter(({ user }) => user === webhook);
    const before = mine().length;
    for (let count = 0; count < 50; count++)
      await api.create(`${podsPath("demo")}?dryRun=All`, podOf(undefined, demo(["imagenet", "audited"])));
    // What it keeps for itself, be it because of the clock.
    const own = ["mutatingwebhookconfigurations /sluice", "secrets sluice-system/sluice-certs"];
    const touched = (entries: readonly AuditEntry[]) =>
      entries
        .filter(({ verb, resource }) => !reading.includes(verb) || resource === "secrets")
        .map(({ resource, namespace, name }) => `${resource} ${namespace}/${name}`);
    expect(touched(mine().slice(before)).filter((object) => !own.includes(object))).toEqual([]);
    // Not only then: from the start of the first replica, through all that the other cases do.
    const all = mine();
    expect([...new Set(touched(all))].sort()).toEqual(own);
    expect(all.map(({ verb, resource }) => `${verb} ${resource}`)).toContain("watch persistentvolumes");
  });
});

const reading: readonly string[] = ["get", "list", "watch"];
const lab = (claims: readonly string[]) => ({ namespace: "lab", claims });
const demo = (claims: readonly string[]) => ({ namespace: "demo", claims });

/** The pod with these claims as it comes in, at the first try that is not refused. */
function served(cluster: TestCluster, namespace: string, claims: readonly string[]): Promise<Fields> {
  return eventually(
    `a pod with ${claims.join(" and ")} comes in`,
    () => cluster.api.create(podsPath(namespace), podOf(undefined, { namespace, claims })),
    { seconds: 240, pauseMs: 250 },
  );
}

/** Why a pod with these claims is refused. */
async function refusal(cluster: TestCluster, namespace: string, claims: readonly string[]): Promise<string> {
  const path = `${podsPath(namespace)}?dryRun=All`;
  const { body } = await cluster.api.send("POST", path, podOf(undefined, { namespace, claims }));
  return textAt(body, "message");
}

/** A pod's token volume has another name each time. */
function withoutToken(pod: Fields): Fields {
  return { ...fieldsOf(pod["spec"]), automountServiceAccountToken: false };
}

/** The Secret that was made for the clients of a claim, once it is there. */
async function secretOf(cluster: TestCluster, place: `${string}/${string}`): Promise<Fields> {
  const [namespace = "", claim = ""] = place.split("/");
  const uid = textAt(await cluster.api.get(claimPath(place)), "metadata", "uid");
  const path = `${secretsPath(namespace)}/${clientSecretName({ name: claim, uid })}`;
  return eventually(`the Secret of claim ${place} is made`, () => cluster.api.get(path), { seconds: 120 });
}

/** Without its mounts, whose volumes may have another number. */
function whatRuns({ image, command, env }: Fields): Fields {
  return { image, command, env };
}

/** How many Secrets a namespace has, without reading them. */
async function countSecrets({ api }: TestCluster, namespace: string): Promise<number> {
  const first = await api.get(`${secretsPath(namespace)}?limit=1`);
  return listAt(first, "items").length + Number(at(first, "metadata", "remainingItemCount") ?? 0);
}

function clientOf(pod: unknown, name: string): Fields {
  return listAt(pod, "spec", "initContainers").find((container) => container["name"] === name) ?? {};
}

/** The keys that a pod's client reads of a Secret, in its environment. */
function keysOfClient(pod: Fields, secret: Fields): string[] {
  const name = textAt(secret, "metadata", "name");
  return listAt(clientOf(pod, "jfs-mount"), "env")
    .map((variable) => fieldsOf(at(variable, "valueFrom", "secretKeyRef")))
    .filter((ref) => ref["name"] === name)
    .map((ref) => textAt(ref, "key"))
    .sort();
}

function decoded(secret: Fields, key: string): string {
  return Buffer.from(textAt(secret, "data", key), "base64").toString();
}

function callsOf(entries: readonly AuditEntry[], verb: string, resource: string): number {
  return entries.filter(
    (entry) =>
      entry.user === controllers && entry.verb === verb && entry.resource === resource && entry.status < 300,
  ).length;
}

/** How often each kind of call was made that tells of one object; the Lease is left out. */
function told(entries: readonly AuditEntry[]): string {
  const counts = new Map<string, number>();
  for (const { user, verb, resource } of entries) {
    if (user !== controllers || ["", "leases"].includes(resource) || ["list", "watch"].includes(verb))
      continue;
    const call = `${verb} ${resource}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return [...counts].map(([call, count]) => `${count} ${call}`).join(", ");
}

/**
 * Takes Sluice's own registration off a namespace and puts two others there instead, which call the paths of the other
 * webhooks, one after the other as the pod's label "order" says.
 */
async function ownRegistrationsFor({ api }: TestCluster, namespace: string): Promise<void> {
  const own = await api.get(`${registrations}/sluice`);
  const entries = listAt(own, "webhooks");
  const elsewhere = { key: "kubernetes.io/metadata.name", operator: "NotIn", values: [namespace] };
  await api.patch(
    `${registrations}/sluice`,
    entries.map((_, index) => ({
      op: "add",
      path: `/webhooks/${index}/namespaceSelector/matchExpressions/-`,
      value: elsewhere,
    })),
    "json",
  );
  const paths = {
    fluid: "/mutate-fluid-io-v1alpha1-schedulepod",
    juicefs: "/juicefs/serverless/inject-v1-pod",
  };
  for (const [order, first, second] of [
    ["fluid-first", "fluid", "juicefs"],
    ["juicefs-first", "juicefs", "fluid"],
  ] as const)
    for (const [index, way] of [first, second].entries())
      await api.send("POST", registrations, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        // They are called in the order of their names.
        metadata: { name: `${order}-${index}` },
        webhooks: [
          {
            ...entries[0],
            name: `${way}.${order}.example.com`,
            clientConfig: { ...fieldsOf(entries[0]?.["clientConfig"]), service: serviceAt(paths[way]) },
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            objectSelector: { matchLabels: { order } },
          },
        ],
      });
}

function serviceAt(path: string): Fields {
  return { name: "sluice", namespace: sluiceNamespace, path, port: 443 };
}
