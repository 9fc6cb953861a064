import type { Container, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ClientPodTemplate } from "../../../src/cluster/cluster-view.ts";
import { clientTemplate } from "../../../src/datasets/fluid/client-template.ts";
import type { MountAttributes } from "../../../src/datasets/fluid/mount-attributes.ts";

const hostPath = "/runtime-mnt/juicefs/default/data";
const mount: MountAttributes = {
  hostPath: `${hostPath}/juicefs-fuse`,
  mountType: "JuiceFS",
  subPath: "",
  readOnly: false,
  runtime: { namespace: "default", name: "data" },
};
const options = { keepCacheDirectories: false, scrapesMetrics: false, writesBack: false };
const shared: Volume = { name: "juicefs-fuse-mount", hostPath: { path: hostPath } };

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
  it.each([
    onHost("datavolume-1"),
    onHost("volume-localtime"),
    onHost("cache-dir"),
    onHost("cache-dir-0"),
    onHost("mem"),
    onHost("mem-0"),
    onHost("ssd-12"),
    inPod("hdd"),
  ])("$name is left out with its mount", (volume) => {
    const { made } = template([volume, onHost("own")]);
    expect(made?.volumes.map((v) => v.name)).toEqual(["own"]);
    expect(made?.container.volumeMounts?.map((m) => m.name)).toEqual(["juicefs-fuse-mount", "own"]);
    expect(made?.dropped).toEqual([`cache directory /mnt/${volume.name} (volume ${volume.name})`]);
  });

  it.each<Volume>([
    { name: "memcached-config", configMap: { name: "c" } },
    { name: "mem", configMap: { name: "c" } },
    { name: "cache-dir-0", persistentVolumeClaim: { claimName: "c" } },
    onHost("memory"),
    onHost("ssd-data"),
    onHost("hdd0"),
    onHost("cache-directory"),
    onHost("my-cache-dir"),
    onHost("datavolume"),
  ])("$name stays", (volume) => {
    const { made, first } = template([volume]);
    expect(made?.volumes).toEqual([volume]);
    expect(made?.container.volumeMounts).toEqual(first.volumeMounts);
    expect(made?.dropped).toEqual([]);
  });

  it("stay on demand", () => {
    expect(template([onHost("mem")], {}, {}, { keepCacheDirectories: true }).made?.volumes).toHaveLength(1);
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
      initContainers: ["init-users"],
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
    const { first, made } = template([onHost("mem")], { ports: [{ containerPort: 1, hostPort: 1 }] });
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
      '{"name":"c","volumeMounts":[null,7,{"name":{"toString":1},"mountPath":"/x"},{"name":"juicefs-fuse-mount","mountPath":"/m"},{"name":"mem","mountPath":{"toString":1}}],"ports":[null,{"name":{"toString":1},"hostPort":{"toString":1}}],"args":[{"toString":1}]}',
    );
    const daemonSet = {
      namespace: "default",
      name: "data-fuse",
      template: {
        containers: [],
        initContainers: [],
        volumes: [shared, onHost("mem")],
        imagePullSecrets: [],
      },
    };
    const made = clientTemplate(daemonSet, odd as Container, mount, options);
    expect(made?.mountPath).toBe("/m/juicefs-fuse");
    expect(made?.dropped).toEqual(["cache directory without name (volume mem)", "host port without name"]);
  });
});
