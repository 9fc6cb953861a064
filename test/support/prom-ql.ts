import { parser } from "@prometheus-io/lezer-promql";

/** What an expression asks for: each metric, and every label that it is matched or grouped by. */
export interface AskedMetrics {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
  /** Every `label="value"`, the alternatives of a regular expression one by one. */
  readonly matches: readonly { readonly label: string; readonly value: string }[];
}

/** Reads a PromQL expression. Throws where it is none. */
export function readPromQl(expression: string): AskedMetrics {
  const metrics: string[] = [];
  const labels: string[] = [];
  const matches: { label: string; value: string }[] = [];
  const text = (node: { from: number; to: number } | null) =>
    node === null ? "" : expression.slice(node.from, node.to);
  parser.parse(expression).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expression}`);
      if (node.name === "Identifier") metrics.push(text(node));
      if (node.name === "LabelName") labels.push(text(node));
      if (node.name === "UnquotedLabelMatcher")
        for (const value of text(node.node.getChild("StringLiteral")).slice(1, -1).split("|"))
          matches.push({ label: text(node.node.getChild("LabelName")), value });
    },
  });
  return { metrics, labels, matches };
}
