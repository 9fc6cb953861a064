import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitDocuments } from "../../src/cli/split-documents.ts";

describe("splitDocuments", () => {
  it.each<[string, string, [number, string][]]>([
    ["nothing", "", []],
    ["one document", "a: 1\n", [[1, "a: 1\n"]]],
    ["a marker before the first", "---\na: 1\n", [[1, "---\na: 1\n"]]],
    ["comments before the first marker", "# c\n\n---\na: 1\n", [[1, "# c\n\n---\na: 1\n"]]],
    [
      "two documents",
      "a: 1\n---\nb: 2",
      [
        [1, "a: 1\n"],
        [2, "---\nb: 2"],
      ],
    ],
    [
      "an end marker",
      "a: 1\n...\n# c\n---\nb: 2\n",
      [
        [1, "a: 1\n...\n"],
        [3, "# c\n---\nb: 2\n"],
      ],
    ],
    [
      "dashes that are no marker",
      "a: |\n  ---\nb: --- x\n---x: 1\n",
      [[1, "a: |\n  ---\nb: --- x\n---x: 1\n"]],
    ],
    [
      "Windows line ends",
      "a: 1\r\n---\r\nb: 2\r\n",
      [
        [1, "a: 1\r\n"],
        [2, "---\r\nb: 2\r\n"],
      ],
    ],
  ])("cuts %s", (_what, stream, expected) => {
    expect(splitDocuments(stream).map(({ line, text }) => [line, text])).toEqual(expected);
  });

  it("loses no byte", () => {
    const line = fc.constantFrom("---", "--- a", "...", "# c", "", "a: 1", "  - b", "%YAML 1.2");
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const stream = lines.join("\n");
        expect(
          splitDocuments(stream)
            .map(({ text }) => text)
            .join(""),
        ).toBe(stream);
      }),
    );
  });
});
