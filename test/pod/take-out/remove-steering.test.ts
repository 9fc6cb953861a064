import { expect, it } from "vitest";
import { PodEditor } from "../../../src/pod/pod-editor.ts";
import { restoreAffinity } from "../../../src/pod/take-out/remove-steering.ts";

it("a pod that had no affinity is left alone where somebody has taken out ours already", () => {
  const editor = new PodEditor({ spec: { containers: [] } });
  restoreAffinity(editor, { affinity: null });
  expect(editor.edits).toEqual([]);
});
