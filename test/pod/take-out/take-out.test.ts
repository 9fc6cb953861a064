import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { diffLines } from "../../../src/cli/diff-lines.ts";
import { toYaml } from "../../../src/cluster/kubernetes-yaml.ts";
import { findClients } from "../../../src/pod/find-clients.ts";
import { type TakenOut, takeOut } from "../../../src/pod/take-out/take-out.ts";
import { caseNames, isObject, readCase, readExpectations } from "../../golden/golden-case.ts";
import { podIn } from "../../golden/pod-place.ts";
import { showScripts } from "../../golden/script-placeholders.ts";
import { injected, mounting } from "../../support/finishing-pod.ts";

const cases = caseNames().filter((name) => readExpectations(name)["expected.pod.yaml"] !== undefined);

/** In csi mode nothing is written down: the lines by which such a pod comes back different, besides its mounts' propagation. */
const unknown: Readonly<Record<string, readonly string[]>> = {
  "csi-mode": affinity(["key: accelerator", "operator: In", "values:", "gpu"]),
  "plugin-profile": affinity([
    "key: disk",
    "operator: In",
    "values:",
    "ssd",
    "key: topology.kubernetes.io/zone",
    "operator: In",
    "values:",
    "zone-1",
  ]),
};

function affinity(lines: readonly string[]): readonly string[] {
  const head = ["affinity:", "nodeAffinity:", "requiredDuringSchedulingIgnoredDuringExecution:"];
  return [...head, "nodeSelectorTerms:", "matchExpressions:", ...lines].map((line) => `+${line}`);
}

describe("takeOut of what is injected in the golden cases", () => {
  it.each(cases)("%s", (name) => {
    const before = podOf(readCase(name).object);
    const after = podOf(showScripts(parse(readExpectations(name)["expected.pod.yaml"] ?? "")));
    const out = takeOut(after);
    expect(out.blocking).toEqual([]);
    // A copy of an injected pod was injected before.
    const wanted = name.startsWith("own-output") ? takeOut(before).pod : before;
    const inCsiMode = findClients(after).length === 0;
    const lines = differences(wanted, out.pod).filter(
      (line) => !(inCsiMode && line === "+mountPropagation: HostToContainer"),
    );
    expect(lines).toEqual(unknown[name] ?? []);
    if (!inCsiMode) expect(out.notes).toEqual([]);
    else if (lines.length < differences(wanted, out.pod).length)
      expect(out.notes).toContainEqual(
        expect.stringMatching(/^container \S+: mountPropagation HostToContainer of \/.+ stays/),
      );
  });

  it("knows no case that is gone", () => {
    expect(Object.keys(unknown).filter((name) => !cases.includes(name))).toEqual([]);
  });

  it("leaves pods alone that were not injected", () => {
    for (const name of caseNames().filter((one) => !cases.includes(one))) {
      if (name.includes("own-output") || name === "client-missing") continue;
      expect(takeOut(podOf(readCase(name).object)).edits, name).toEqual([]);
    }
  });
});

describe("takeOut of a pod that does not tell enough", () => {
  const pod = injected({ containers: [mounting("app", "data", "models")] });
  const withStatus = (status: string | undefined): TakenOut => {
    const { "sluice.io/status": _, ...others } = pod.metadata?.annotations ?? {};
    const annotations = status === undefined ? others : { ...others, "sluice.io/status": status };
    return takeOut({ ...pod, metadata: { ...pod.metadata, annotations } });
  };

  it.each([undefined, "{", '{"clients":[]}'])(
    "names the volumes whose claims are not known: %s",
    (status) => {
      const out = withStatus(status);
      expect(out.edits).toEqual([]);
      expect(out.blocking).toEqual([
        "volume data shows what fluid-fuse-0 mounts, and sluice.io/status does not name its claim",
        "volume models shows what fluid-fuse-1 mounts, and sluice.io/status does not name its claim",
      ]);
    },
  );

  it("names a volume that shows one of several claims", () => {
    const out = withStatus('{"clients":{"a":"fluid-fuse-0","b":"fluid-fuse-0","models":"fluid-fuse-1"}}');
    expect(out.blocking).toEqual(["volume data shows one of the claims a, b: which, is not known"]);
  });

  it("takes the volume's own name among several claims", () => {
    const out = withStatus('{"clients":{"data":"fluid-fuse-0","b":"fluid-fuse-0","models":"fluid-fuse-1"}}');
    expect(
      out.pod.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName),
    ).toEqual(["data", "models"]);
  });

  it("keeps a volume that may be written to, and says read-only of one that may not", () => {
    const before = podOf(readCase("sub-paths").object);
    const after = parse(readExpectations("sub-paths")["expected.pod.yaml"] ?? "");
    const readOnly = ({ spec }: Pod) =>
      spec?.volumes?.flatMap(({ name, persistentVolumeClaim: claim }) => (claim?.readOnly ? [name] : []));
    expect(readOnly(takeOut(podOf(showScripts(after))).pod)).toEqual(readOnly(before));
  });

  it("is done once: a second time changes nothing", () => {
    expect(takeOut(takeOut(pod).pod).edits).toEqual([]);
  });
});

function podOf(object: unknown): Pod {
  if (!isObject(object)) throw new Error("no object");
  const { pod } = podIn(object);
  if (!isPod(pod)) throw new Error("no pod");
  return pod;
}

function isPod(value: unknown): value is Pod {
  return isObject(value) && isObject(value["spec"]);
}

/** The lines that differ, "-" those of `before` and "+" those of `after`, without what says nothing. */
function differences(before: Pod, after: Pod): string[] {
  const lines = (pod: Pod) => toYaml(meaningOf(pod)).trimEnd().split("\n");
  return diffLines(lines(before), lines(after))
    .filter(({ kind }) => kind !== "same")
    .map(({ kind, text }) => `${kind === "added" ? "+" : "-"}${text.replace(/^[ -]*/, "")}`);
}

/** A pod without empty lists and maps, which are as good as none. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (!isObject(value)) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, meaningOf(member)] as const)
    .filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
