import { describe, expect, it } from "vitest";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { addPullSecrets } from "../../src/pod/pull-secrets.ts";

type Names = string[];
const named = (names: Names) => names.map((name) => ({ name }));

describe("addPullSecrets", () => {
  it.each<[string, Names | undefined, Names, Names | undefined, Names | undefined, Names]>([
    ["adds to those that the pod lists", ["own"], ["a", "b"], undefined, ["own", "a", "b"], []],
    ["adds none twice", ["a"], ["a", "a", "b"], [], ["a", "b"], []],
    ["adds to a pod that the API server has filled in without any", undefined, ["a"], [], ["a"], []],
    ["puts those of the ServiceAccount first in a template", undefined, ["a"], ["sa"], ["sa", "a"], []],
    [
      "leaves the ServiceAccount's to the API server when nothing is wanted",
      undefined,
      [],
      ["sa"],
      undefined,
      [],
    ],
    ["leaves a list alone that holds all", ["a"], ["a"], ["sa"], ["a"], []],
    [
      "adds nothing when the ServiceAccount is not known",
      undefined,
      ["a", "b"],
      undefined,
      undefined,
      ["a", "b"],
    ],
  ])("%s", (_, listed, wanted, ofAccount, after, missing) => {
    const editor = new PodEditor({
      spec: { containers: [], ...(listed && { imagePullSecrets: named(listed) }) },
    });
    expect(addPullSecrets(editor, named(wanted), ofAccount && named(ofAccount))).toEqual(missing);
    expect(editor.pod.spec?.imagePullSecrets).toEqual(after && named(after));
  });
});
