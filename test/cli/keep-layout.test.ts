import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { editDocument } from "../../src/cli/edit-document.ts";
import { keepLayout } from "../../src/cli/keep-layout.ts";
import { readOptions, writeOptions } from "../../src/cluster/kubernetes-yaml.ts";

const original = `# top

apiVersion:   v1      # aligned
metadata:
    name: x           # by hand


    labels: { a: b }  # labels
spec:
    text: >
        folded over
        two lines
    list:
    - one


    - two
    # the end
`;

function addLabel(name: string): string {
  const printed = parseDocument(original, readOptions).toString(writeOptions);
  const document = parseDocument(original, readOptions);
  editDocument(document, [], [{ op: "add", path: "/spec/list/1", value: name }]);
  return keepLayout(original, printed, document.toString(writeOptions), document.toJS());
}

describe("keepLayout", () => {
  it("changes only the lines of the edit", () => {
    expect(addLabel("new").replace(/ +- new\n/, "")).toBe(original);
    expect(parseDocument(addLabel("new")).toJS().spec.list).toEqual(["one", "new", "two"]);
  });

  it("gives the edited text where the layout cannot be kept", () => {
    const edited = "b: 2\n";
    expect(keepLayout("a: 1\n", "a: 1\n", edited, { b: 2 })).toBe(edited);
  });

  it("never gives a text that means something else", () => {
    // Taken line by line, the original's indentation would put "c" below "a".
    const edited = "a:\n  b: 1\nc: 2\n";
    const kept = keepLayout("a:\n      b: 1\n", "a:\n  b: 1\n", edited, parseDocument(edited).toJS());
    expect(parseDocument(kept).toJS()).toEqual({ a: { b: 1 }, c: 2 });
  });
});
