import type { Container, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ClientPodTemplate } from "../../../src/cluster/cluster-view.ts";
import { clientTemplate, type TemplateOptions } from "../../../src/datasets/fluid/client-template.ts";
import type { MountAttributes } from "../../../src/datasets/fluid/mount-attributes.ts";
import { type RuntimeType, runtimeType } from "../../../src/datasets/fluid/runtimes.ts";

const hostPath = "/runtime-mnt/juicefs/default/data";
const mount: MountAttributes = {
  hostPath: `${hostPath}/juicefs-fuse`,
  mountType: "JuiceFS",
  subPath: "",
  readOnly: false,
};
const options: TemplateOptions = {
  keepCacheDirectories: false,
  scrapesMetrics: false,
  writesBack: false,
  type: typeOf("juicefs"),
  ownVolumes: [],
  hasTieredStore: false,
};
const shared: Volume = { name: "juicefs-fuse-mount", hostPath: { path: hostPath } };

function typeOf(name: string): RuntimeType {
  const type = runtimeType(name);
  if (type === undefined) throw new Error(`there is no runtime type ${name}`);
  return type;
}

/** A template of a client that mounts its volume and `volumes`, each below /mnt. */
function template(
  volumes: Volume[],
  container: Partial<Container> = {},
  rest: Partial<ClientPodTemplate> = {},
  asked: Partial<typeof options> = {},
) {
  const first: Container = {
    name: "juicefs-fuse",
    image: "juicefs:1",
    volumeMounts: [
      { name: shared.name, mountPath: hostPath, mountPropagation: "Bidirectional" },
      ...volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` })),
    ],
    ...container,
  };
  const pod = {
    containers: [first],
    initContainers: [],
    volumes: [shared, ...volumes],
    imagePullSecrets: [],
    ...rest,
  };
  const daemonSet = { namespace: "default", name: "data-fuse", template: pod };
  return { first, made: clientTemplate(daemonSet, first, mount, { ...options, ...asked }) };
}

const onHost = (name: string): Volume => ({ name, hostPath: { path: `/cache/${name}` } });
const inPod = (name: string): Volume => ({ name, emptyDir: {} });

describe("cache directories", () => {
  it.each<[string, Volume]>([
    ["alluxio", onHost("mem")],
    ["alluxio", onHost("mem-0")],
    ["alluxio", onHost("ssd-12")],
    ["alluxio", inPod("hdd")],
    ["goosefs", onHost("ssd")],
    ["jindo", onHost("datavolume-1")],
    ["jindo", { name: "volume-localtime", hostPath: { path: "/etc/localtime" } }],
    ["juicefs", onHost("cache-dir")],
    ["juicefs", onHost("cache-dir-0")],
    ["thin", onHost("cache-dir")],
    ["cache", onHost("tiered-store-level-0-index-0")],
  ])("of type %s: $name is left out with its mount", (type, volume) => {
    const asked = { type: typeOf(type), hasTieredStore: type === "thin" };
    const { made } = template([volume, onHost("own")], {}, {}, asked);
    expect(made?.volumes.map((v) => v.name)).toEqual(["own"]);
    expect(made?.container.volumeMounts?.map((m) => m.name)).toEqual(["juicefs-fuse-mount", "own"]);
    expect(made?.dropped).toEqual([`cache directory /mnt/${volume.name} (volume ${volume.name})`]);
  });

  // Fluid leaves all of these out but the last two of them, for their names begin like a cache's.
  it.each<[string, Volume]>([
    ["alluxio", { name: "memcached-config", configMap: { name: "c" } }],
    ["alluxio", { name: "mem", configMap: { name: "c" } }],
    ["alluxio", onHost("memory")],
    ["alluxio", onHost("ssd-data")],
    ["alluxio", onHost("hdd0")],
    ["alluxio", onHost("cache-dir-0")],
    ["juicefs", { name: "cache-dir-0", persistentVolumeClaim: { claimName: "c" } }],
    ["juicefs", onHost("cache-directory")],
    ["juicefs", onHost("mem")],
    ["jindo", onHost("datavolume-x")],
    ["thin", onHost("cache-dir-0")],
    // Of a ThinRuntimeProfile, for the runtime states no tiered store.
    ["thin", onHost("cache-dir")],
    ["thin", inPod("cache-dir")],
    ["efc", { name: "ssd", emptyDir: { medium: "Memory" } }],
    ["juicefs", onHost("my-cache-dir")],
    ["jindo", onHost("datavolume")],
  ])("of type %s: $name stays", (type, volume) => {
    const { made, first } = template([volume], {}, {}, { type: typeOf(type) });
    expect(made?.volumes).toEqual([volume]);
    expect(made?.container.volumeMounts).toEqual(first.volumeMounts);
    expect(made?.dropped).toEqual([]);
  });

  it("are none of the volumes that the runtime's user added, whatever their names", () => {
    const { made } = template(
      [onHost("mem"), onHost("ssd")],
      {},
      {},
      {
        type: typeOf("alluxio"),
        ownVolumes: ["mem"],
      },
    );
    expect(made?.volumes.map((v) => v.name)).toEqual(["mem"]);
  });

  it("stay on demand", () => {
    const asked = { keepCacheDirectories: true, type: typeOf("alluxio") };
    expect(template([onHost("mem")], {}, {}, asked).made?.volumes).toHaveLength(1);
  });
});

describe("init containers", () => {
  const config = inPod("config");
  const script: Volume = { name: "script", configMap: { name: "s" } };
  const writes = (name: string, ...volumes: string[]): Container => ({
    name,
    image: "i",
    volumeMounts: volumes.map((volume) => ({ name: volume, mountPath: `/x/${volume}` })),
  });
  const prepared = (initContainers: Container[], volumes: Volume[] = [config], more: Volume[] = []) =>
    template(volumes, {}, { initContainers, volumes: [shared, ...volumes, ...more] }).made;

  it("that leave something for the client are kept, with the volumes that they need", () => {
    const made = prepared([writes("render", "config", "script", shared.name)], [config], [script]);
    expect(made?.initContainers).toEqual([writes("render", "config", "script")]);
    expect(made?.volumes.map((volume) => volume.name)).toEqual(["config", "script"]);
    expect(made?.dropped).toEqual([]);
  });

  it("that leave something for another one that is kept are kept, too, in their order", () => {
    const made = prepared(
      [writes("first", "notes"), writes("second", "notes", "config")],
      [config],
      [inPod("notes")],
    );
    expect(made?.initContainers?.map(({ name }) => name)).toEqual(["first", "second"]);
  });

  it.each<[string, Container]>([
    ["prepare the place of the mount", writes("init-fuse", shared.name)],
    ["mount nothing", writes("wait-for-master")],
    ["only read what the client reads", writes("look", "script")],
    ["may not write", { name: "r", volumeMounts: [{ name: "config", mountPath: "/c", readOnly: true }] }],
    ["write what nobody reads", writes("log", "logs")],
    ["go on for ever", { ...writes("agent", "config"), restartPolicy: "Always" }],
  ])("that %s are left out, and named", (_, container) => {
    const made = prepared([container], [config, script], [inPod("logs")]);
    expect(made).not.toHaveProperty("initContainers");
    expect(made?.dropped).toEqual([`init container ${container.name}`]);
    expect(made?.volumes.map((volume) => volume.name)).toEqual(["config", "script"]);
  });
});

describe("ports", () => {
  const ports = [
    { name: "metrics", containerPort: 9567 },
    { name: "jindo-metrics", containerPort: 10001 },
    { name: "web", containerPort: 80, hostPort: 8080, protocol: "TCP" },
  ];

  it("for metrics are left out unless they are scraped, host ports always", () => {
    const without = template([], { ports }).made;
    const scraped = template([], { ports }, {}, { scrapesMetrics: true }).made;
    expect(without?.container.ports).toEqual([
      { name: "metrics", containerPort: 9567 },
      { name: "web", containerPort: 80, protocol: "TCP" },
    ]);
    expect(without?.dropped).toEqual(["port jindo-metrics", "host port 8080"]);
    expect(scraped?.container.ports?.map((port) => port.name)).toEqual(["metrics", "jindo-metrics", "web"]);
    expect(scraped?.scrapesMetrics).toBe(true);
  });
});

describe("what else there is in the DaemonSet", () => {
  it("is kept in the container as it is", () => {
    const container = {
      env: [{ name: "A", value: "b" }],
      envFrom: [{ configMapRef: { name: "c" } }],
      lifecycle: { preStop: { exec: { command: ["umount"] } } },
      livenessProbe: { tcpSocket: { port: 1 } },
      securityContext: { privileged: true },
      futureField: { x: 1 },
    };
    expect(template([], container).made?.container).toEqual(template([], container).first);
  });

  it.each([
    [{ preStop: { exec: { command: ["umount"] } } }, []],
    [
      { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ["warm-up"] } } },
      ["its hook postStart", "its hook preStop, which is no command"],
    ],
  ])("is named where it is a hook that the sidecar does not have: %j", (lifecycle, dropped) => {
    expect(template([], { lifecycle }).made?.dropped).toEqual(dropped);
  });

  it("is named where it is left out", () => {
    const rest = {
      initContainers: [{ name: "init-users" }],
      hostNetwork: true,
      imagePullSecrets: [{ name: "registry" }],
    };
    const { first } = template([]);
    const { made } = template([], {}, { ...rest, containers: [first, { name: "exporter" }] });
    expect(made?.dropped).toEqual(["init container init-users", "container exporter", "the host's network"]);
    expect(made?.imagePullSecrets).toEqual([{ name: "registry" }]);
  });

  it("gives the volumes that the client mounts, in their order, without the shared one", () => {
    const volumes = [inPod("b"), inPod("a"), inPod("unused"), inPod("device")];
    const { made } = template(volumes, {
      volumeMounts: [
        { name: "a", mountPath: "/a" },
        { name: "b", mountPath: "/b" },
        { name: "a", mountPath: "/a2" },
        { name: shared.name, mountPath: hostPath },
      ],
      volumeDevices: [{ name: "device", devicePath: "/dev/x" }],
    });
    expect(made?.volumes.map((volume) => volume.name)).toEqual(["b", "a", "device"]);
  });

  it("is never changed itself", () => {
    const { first, made } = template([onHost("cache-dir")], { ports: [{ containerPort: 1, hostPort: 1 }] });
    const before = structuredClone(first);
    clientTemplate(
      {
        namespace: "n",
        name: "n",
        template: { containers: [first], initContainers: [], volumes: [shared], imagePullSecrets: [] },
      },
      first,
      mount,
      options,
    );
    expect(first).toEqual(before);
    expect(made?.container).not.toBe(first);
  });
});

describe("odd parts", () => {
  it("do no harm", () => {
    const odd: unknown = JSON.parse(
      '{"name":"c","volumeMounts":[null,7,{"name":{"toString":1},"mountPath":"/x"},{"name":"juicefs-fuse-mount","mountPath":"/m"},{"name":"cache-dir","mountPath":{"toString":1}}],"ports":[null,{"name":{"toString":1},"hostPort":{"toString":1}}],"args":[{"toString":1}]}',
    );
    const daemonSet = {
      namespace: "default",
      name: "data-fuse",
      template: {
        containers: [],
        initContainers: [],
        volumes: [shared, onHost("cache-dir")],
        imagePullSecrets: [],
      },
    };
    const made = clientTemplate(daemonSet, odd as Container, mount, options);
    expect(made?.mountPath).toBe("/m/juicefs-fuse");
    expect(made?.dropped).toEqual([
      "cache directory without name (volume cache-dir)",
      "host port without name",
    ]);
  });
});
