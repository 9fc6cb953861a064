import { describe, expect, it } from "vitest";
import { readJuicefsConfig } from "../../src/cluster/juicefs-config.ts";
import { isJuicefsConfig, projectJuicefsConfig } from "../../src/cluster/juicefs-projections.ts";
import { ObjectStore } from "../../src/cluster/object-store.ts";

const patch = (text: string) => `mountPodPatch:\n- ${text}`;

it.each([
  ["a: b\n  mountPodPatch : []", true],
  ["\tenableSetQuota: true", true],
  [`${"\n".repeat(500_000)}enableSetQuota: true`, true],
  [`${"\n".repeat(500_000)}enableOther: true`, false],
  ["my-mountPodPatch: []", false],
])("tells the driver's configuration from other ConfigMaps (%#)", (text, expected) => {
  expect(isJuicefsConfig({ data: { "config.yaml": text } })).toBe(expected);
});

describe("a configuration of the driver that is broken", () => {
  it.each([
    ["mountPodPatch: {a: [}", /Flow/],
    ["mountPodPatch: *nothing", /Unresolved alias/],
    [
      `a: &a [${"x,".repeat(9)}]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
      /Excessive alias count/,
    ],
    ["- a list", /must be a mapping, and is a list/],
    ["enableSetQuota: sometimes", /^enableSetQuota must be true or false, and is the text "sometimes"/],
    ["mountPodPatch: {}", /^mountPodPatch must be a list, and is a mapping/],
    [patch("just text"), /^mountPodPatch\[0\] must be a mapping/],
    [patch("env: [{name: A, value: 1}]"), /^mountPodPatch\[0\]\.env\[0\]\.value must be a text/],
    [
      patch("lifecycle: {preStop: {exec: {command: umount}}}"),
      /lifecycle\.preStop\.exec\.command must be a list/,
    ],
    [
      patch("lifecycle: {preStop: {exec: {command: [sleep, 5]}}}"),
      /lifecycle\.preStop\.exec\.command\[1\] must be a text/,
    ],
    [patch("ceMountImage: [a]"), /^mountPodPatch\[0\]\.ceMountImage must be a text, and is a list/],
    [
      patch("resources: {limits: {cpu: lots}}"),
      /^mountPodPatch\[0\]\.resources\.limits\.cpu must be a quantity/,
    ],
    [
      patch("resourcePercentages: {limits: {cpu: 30}}"),
      /resourcePercentages\.limits\.cpu must be a percentage/,
    ],
    [
      patch("cacheDirs: [{type: Floppy}]"),
      /cacheDirs\[0\]\.type must be HostPath, PVC, EmptyDir or Ephemeral/,
    ],
    [patch("cacheDirs: [{type: HostPath}]"), /cacheDirs\[0\]\.path is missing/],
    [patch("cacheDirs: [{type: HostPath, path: ../x}]"), /path must be an absolute path/],
    [patch("env: [{value: x}]"), /env\[0\]\.name is missing/],
    [patch("env: [{name: A=B}]"), /env\[0\]\.name must be the name of a variable/],
    [patch("env: [{name: A, valueFrom: {}}]"), /env\[0\]\.valueFrom must have one source, and has none of/],
    [
      patch("env: [{name: A, valueFrom: {secretKeyRef: {name: s}}}]"),
      /env\[0\]\.valueFrom\.secretKeyRef\.key is missing/,
    ],
    [patch("imagePullPolicy: Sometimes"), /imagePullPolicy must be Always, IfNotPresent or Never/],
    [patch("labels: {a: not one}"), /labels\.a must be the value of a label/],
    [patch("volumeMounts: [{name: a}]"), /volumeMounts\[0\]\.mountPath is missing/],
    [patch("volumeMounts: [{name: a, mountPath: b}]"), /mountPath must be an absolute path/],
    [
      patch("volumeMounts: [{name: a, mountPath: /b, readOnly: 1}]"),
      /volumeMounts\[0\]\.readOnly must be true or false/,
    ],
    [
      patch("volumeMounts: [{name: a, mountPath: /b, mountPropagation: Both}]"),
      /mountPropagation must be one of None, HostToContainer, Bidirectional/,
    ],
    [patch("volumeDevices: [{name: a}]"), /volumeDevices\[0\]\.devicePath is missing/],
    [patch("volumes: [{emptyDir: {}}]"), /volumes\[0\]\.name is missing/],
    [patch("volumes: [{name: a}]"), /volumes\[0\] must have one source, and has none of hostPath/],
    [
      patch("volumes: [{name: a, emptyDir: {}, hostPath: {path: /x}}]"),
      /volumes\[0\] must have one source, and has hostPath and emptyDir/,
    ],
    [patch("volumes: [{name: a, hostPath: /x}]"), /volumes\[0\]\.hostPath must be a mapping/],
    [patch("volumes: [{name: a, secret: {}}]"), /volumes\[0\]\.secret\.secretName is missing/],
    [
      patch("volumes: [{name: a, secret: {secretName: s, defaultMode: rw}}]"),
      /secret\.defaultMode must be a whole number, and is the text "rw"/,
    ],
    [
      patch("volumes: [{name: a, configMap: {name: c, items: [{key: k}]}}]"),
      /configMap\.items\[0\]\.path is missing/,
    ],
    [patch("volumes: [{name: a, emptyDir: {sizeLimit: big}}]"), /emptyDir\.sizeLimit must be a quantity/],
    [patch("readinessProbe: yes"), /readinessProbe must be a mapping, and is/],
    [patch("livenessProbe: {periodSeconds: 3}"), /livenessProbe must have one handler, and has none of exec/],
    [
      patch("startupProbe: {exec: {command: [a]}, httpGet: {port: 1}}"),
      /startupProbe must have one handler, and has exec and httpGet/,
    ],
    [
      patch("livenessProbe: {periodSeconds: often, exec: {command: [a]}}"),
      /livenessProbe\.periodSeconds must be a whole number/,
    ],
    [patch("livenessProbe: {httpGet: {path: /}}"), /livenessProbe\.httpGet\.port is missing/],
    [patch("livenessProbe: {tcpSocket: {port: 99999}}"), /tcpSocket\.port must be a port or its name/],
    [patch("lifecycle: {preStop: {}}"), /lifecycle\.preStop must have one handler/],
    [patch("labels: {a: 1}"), /labels\.a must be a text, and is the number 1/],
    [patch("pvcSelector: {matchExpressions: [{key: a, operator: Is}]}"), /operator must be In, NotIn/],
    [patch("pvcSelector: {matchExpressions: [{key: a, operator: In}]}"), /values must be given with In/],
  ])("%s names the path", (text, why) => {
    const { settings, problems } = readJuicefsConfig(text);
    expect(settings).toBeUndefined();
    expect(problems.join("\n")).toMatch(why);
  });

  it("leaves the one before it in force (W58)", () => {
    const store = new ObjectStore();
    const place = { namespace: "kube-system", name: "juicefs-csi-driver-config" };
    const put = (text: string) =>
      store.upsert({
        kind: "JuicefsConfig",
        object: projectJuicefsConfig({ data: { "config.yaml": text } }, place),
      });
    const found = () => store.juicefsConfig(place.namespace, place.name);
    put("enableSetQuota: false");
    put("enableSetQuota: what");
    expect(found()?.settings?.setQuota).toBe(false);
    expect(found()?.problems).toHaveLength(1);
    put("enableSetQuota: true");
    expect(found()).toMatchObject({ settings: { setQuota: true }, problems: [] });
  });
});

describe("a configuration of the driver", () => {
  it.each([
    ["", {}],
    ["{}", {}],
    ["mountPodPatch:", {}],
    ["enableNativeSidecar: false", { nativeSidecars: false }],
  ])("%j is taken", (text, expected) => {
    expect(readJuicefsConfig(text)).toMatchObject({
      settings: { setQuota: true, patches: [], ...expected },
      problems: [],
    });
  });

  it("says what in it nobody reads", () => {
    const { settings, unread } = readJuicefsConfig(
      "enableNodeSelector: true\nwhatever: 1\nmountPodPatch:\n- {dnsPolicy: Default, hostNetwork: true, lables: {a: b}}",
    );
    expect(settings?.patches).toEqual([{ hostNetwork: true }]);
    expect(unread).toEqual([
      "enableNodeSelector has no meaning for a client in a pod",
      "whatever is not known",
      "mountPodPatch[0].dnsPolicy has no meaning for a client in a pod",
      "mountPodPatch[0].lables is not known",
    ]);
  });

  it("takes quantities that YAML reads as numbers, and octal modes as kubectl does", () => {
    const { settings } = readJuicefsConfig(
      patch(
        "{resources: {limits: {cpu: 2}}, volumes: [{name: a, secret: {secretName: b, defaultMode: 0644}}]}",
      ),
    );
    expect(settings?.patches[0]).toMatchObject({
      resources: { limits: { cpu: "2" } },
      volumes: [{ name: "a", secret: { defaultMode: 420 } }],
    });
  });
});

it("leaves out volumes by names of the client's own, and mounts without their volume, as the driver does", () => {
  const { settings, problems, unread } = readJuicefsConfig(
    patch(`volumes: [{name: cachedir-0, emptyDir: {}}, {name: certs, secret: {secretName: ca}}]
  volumeMounts: [{name: cachedir-0, mountPath: /a}, {name: certs, mountPath: /b}, {name: gone, mountPath: /c}]
  volumeDevices: [{name: gone, devicePath: /dev/x}]`),
  );
  expect(problems).toEqual([]);
  expect(unread).toEqual([
    "mountPodPatch[0].volumes[0] has the name of a volume of the client's own, which counts",
    "mountPodPatch[0].volumeMounts cachedir-0 is not mounted: its entry has no such volume",
    "mountPodPatch[0].volumeMounts gone is not mounted: its entry has no such volume",
    "mountPodPatch[0].volumeDevices gone is not mounted: its entry has no such volume",
  ]);
  expect(settings?.patches[0]).toMatchObject({
    volumes: [{ name: "certs" }],
    volumeMounts: [{ name: "certs", mountPath: "/b" }],
    volumeDevices: [],
  });
});
