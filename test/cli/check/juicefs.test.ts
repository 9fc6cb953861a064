import { beforeAll, describe, expect, it } from "vitest";
import { checkCaBundle } from "../../../src/cli/check/check-ca-bundle.ts";
import { checkControllers } from "../../../src/cli/check/check-controllers.ts";
import { checkJuicefs } from "../../../src/cli/check/check-juicefs.ts";
import type { CheckLevel } from "../../../src/cli/check/check-result.ts";
import { checkValidation } from "../../../src/cli/check/check-validation.ts";
import type { Facts } from "../../../src/cli/check/facts.ts";
import {
  checkNow,
  expectResult,
  labelledNamespace,
  makeTestCertificates,
  ofJuicefs,
  type TestCertificates,
  wellFacts,
} from "../../support/check-facts.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await makeTestCertificates();
});

const problem = { problem: "you may not" };
type Case = readonly [what: string, facts: Partial<Facts>, level: CheckLevel, message: string];

const claimedVolume = (name: string, csi: object = {}, namespace = "lab") => ({
  metadata: { name },
  spec: {
    claimRef: { namespace, name: `c-${name}` },
    csi: { driver: "csi.juicefs.com", nodePublishSecretRef: { namespace: "storage", name: "fs" }, ...csi },
  },
  status: { phase: "Bound" },
});

describe("JuiceFS", () => {
  const juicefs = (change: Partial<Facts["juicefs"]>): Partial<Facts> => ({ juicefs: ofJuicefs(change) });
  const driverConfig = (text: string) => ({ driverConfig: { value: { data: { "config.yaml": text } } } });
  const namespaces = { value: [labelledNamespace("lab")] };
  const volumes = { value: [claimedVolume("a")] };
  const known = (facts: unknown) => ({
    secrets: {
      value: [{ metadata: { name: "juicefs.storage.fs" }, data: { "facts.json": JSON.stringify(facts) } }],
    },
  });
  const good = known({ facts: { edition: "ce", fileSystem: "fs" } });
  it.each<Case>([
    ["asked for by nobody", {}, "ok", "no volume of csi.juicefs.com is claimed where pods ask"],
    [
      "all there",
      juicefs({ namespaces, ...good, volumes }),
      "ok",
      "1 claimed, 1 Secret is known; the driver's defaults",
    ],
    [
      "claimed where nobody asks",
      juicefs({ namespaces, volumes: { value: [claimedVolume("a", {}, "far")] } }),
      "ok",
      "no volume of csi.juicefs.com is claimed where pods ask",
    ],
    [
      "a volume without a Secret",
      juicefs({ namespaces, volumes: { value: [claimedVolume("a", { nodePublishSecretRef: undefined })] } }),
      "error",
      "PersistentVolume a of claim lab/c-a names no Secret",
    ],
    ["volumes unread", juicefs({ namespaces, volumes: problem }), "warning", "the PersistentVolumes"],
    [
      "configured",
      juicefs({ namespaces, ...good, ...driverConfig("{}") }),
      "ok",
      "juicefs-csi-driver-config",
    ],
    [
      "a broken configuration",
      juicefs(driverConfig("mountPodPatch: 1")),
      "warning",
      "mountPodPatch must be a list",
    ],
    ["a misspelt field", juicefs(driverConfig("mountPodPach: []")), "warning", "mountPodPach is not known"],
    [
      "a Secret of which nothing is known",
      juicefs({ namespaces, volumes }),
      "error",
      "nothing is known of Secret storage/fs of claim lab/c-a",
    ],
    [
      "the same, asked for by Sluice's own label",
      {
        ...juicefs({ volumes }),
        labelledNamespaces: {
          value: [{ metadata: { name: "lab", labels: { "sluice.io/injection": "enabled" } } }],
        },
      },
      "error",
      "nothing is known of Secret storage/fs of claim lab/c-a",
    ],
    [
      "a Secret that is missing",
      juicefs(known({ problem: "it does not exist" })),
      "warning",
      "Secret storage/fs: it does not exist",
    ],
    ["unread", juicefs({ driverConfig: problem }), "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkJuicefs, wellFacts(certificates, change), level, message),
  );
});

describe("controllers", () => {
  const pod = (name: string, phase = "Pending") => ({
    metadata: { namespace: "lab", name },
    status: { phase },
  });
  const lease = (spec: object | undefined) => ({ value: spec && { spec } });
  const leads = { holderIdentity: "one", renewTime: new Date(checkNow - 2_000).toISOString() };
  const running: Facts["controllers"] = {
    enabled: true,
    deployment: { value: { spec: { replicas: 2 }, status: { readyReplicas: 2 } } },
    lease: lease(leads),
    pods: { value: [] },
  };
  const controllers = (change: Partial<Facts["controllers"]>): Partial<Facts> => ({
    controllers: { ...running, ...change },
  });
  const pods = { value: [pod("a"), pod("b", "Running"), pod("c", "Succeeded")] };

  it("are no matter where nothing needs them", () => {
    expect(checkControllers(wellFacts(certificates))).toBeUndefined();
    const finished = controllers({ enabled: false, pods: { value: [pod("c", "Failed")] } });
    expect(checkControllers(wellFacts(certificates, finished))).toBeUndefined();
  });

  it.each<Case>([
    ["lead", controllers({}), "ok", "one leads; 2 of 2 ready"],
    [
      "are not installed, and pods wait",
      controllers({ enabled: false, pods }),
      "error",
      "pods lab/a and 1 more wait for the controllers, which are not installed",
    ],
    [
      "have no Lease",
      controllers({ lease: lease(undefined) }),
      "warning",
      "there is no Lease sluice-controllers",
    ],
    [
      "have no leader, and a pod waits",
      controllers({ lease: lease({ ...leads, holderIdentity: "" }), pods: { value: [pod("a")] } }),
      "error",
      "Lease sluice-controllers has no holder), and pod lab/a waits for it",
    ],
    [
      "have a leader that is gone, and a claim of JuiceFS waits",
      {
        ...controllers({ lease: lease({ ...leads, renewTime: new Date(checkNow - 90_000).toISOString() }) }),
        juicefs: ofJuicefs({
          namespaces: { value: [labelledNamespace("lab")] },
          volumes: { value: [claimedVolume("a")] },
        }),
      },
      "error",
      "one has not renewed Lease sluice-controllers for 90 s), and claim lab/c-a of JuiceFS waits",
    ],
    [
      "have a Lease without a time",
      controllers({ lease: lease({ holderIdentity: "one" }) }),
      "warning",
      "one has not renewed",
    ],
    [
      "are not all ready",
      controllers({ deployment: { value: { spec: { replicas: 2 }, status: { readyReplicas: 1 } } } }),
      "warning",
      "one leads, yet only 1 of 2 are ready",
    ],
    ["unread", controllers({ lease: problem }), "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkControllers, wellFacts(certificates, change), level, message),
  );
});

describe("validation", () => {
  const entry = {
    name: "pv.juicefs.sluice.io",
    clientConfig: { service: { namespace: "sluice-system", name: "sluice" } },
    failurePolicy: "Ignore",
  };
  const validation = (found: NonNullable<Facts["validation"]>["found"]): Partial<Facts> => ({
    validation: { name: "sluice-juicefs", found },
  });
  const entries = (change: object) => validation({ value: { webhooks: [{ ...entry, ...change }] } });

  it("is no matter where it was not asked for", () => {
    expect(checkValidation(wellFacts(certificates))).toBeUndefined();
  });

  it.each<Case>([
    ["there", entries({}), "ok", "looks at 1 kind of object"],
    ["missing", validation({ value: undefined }), "warning", "there is no ValidatingWebhookConfiguration"],
    [
      "of another Service",
      entries({ clientConfig: { service: { namespace: "kube-system", name: "juicefs" } } }),
      "error",
      "calls kube-system/juicefs instead of Service sluice-system/sluice",
    ],
    ["that holds up others", entries({ failurePolicy: "Fail" }), "warning", "failurePolicy: Fail"],
    ["unread", validation(problem), "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkValidation, wellFacts(certificates, change), level, message),
  );

  it("is looked at for its caBundle, too", () => {
    expectResult(
      checkCaBundle,
      wellFacts(certificates, entries({})),
      "error",
      "pv.juicefs.sluice.io has no caBundle",
    );
  });
});
