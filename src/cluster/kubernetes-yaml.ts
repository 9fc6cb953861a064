import {
  type DocumentOptions,
  type ParseOptions,
  parseDocument,
  type ScalarTag,
  type SchemaOptions,
  stringify,
  type Tags,
} from "yaml";

// kubectl reads YAML 1.1 in these two respects: `defaultMode: 0644` is 420, `hostNetwork: yes` is true.
const octal: ScalarTag = {
  identify: (value) => typeof value === "number" && Number.isInteger(value) && value >= 0,
  default: true,
  tag: "tag:yaml.org,2002:int",
  format: "OCT",
  test: /^0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
  stringify: ({ source, value }) => source ?? `0${Number(value).toString(8)}`,
};
const yesOrNo: ScalarTag = {
  identify: (value) => typeof value === "boolean",
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: /^(?:yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/,
  resolve: (text) => /^(?:yes|on|true)$/i.test(text),
  stringify: ({ source, value }) => source ?? String(value),
};

/** How manifests are read, so that they mean to us what they mean to kubectl. */
export const readOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  merge: true,
  logLevel: "error",
  // Text that YAML 1.1 would take for a number, a time or a boolean is written in quotes.
  compat: "yaml-1.1",
  customTags: (tags: Tags): Tags => [octal, yesOrNo, ...tags],
};

/** How everything is written: long lines are never folded, scripts stand as they are. */
export const writeOptions = { lineWidth: 0, flowCollectionPadding: false, blockQuote: "literal" } as const;

/** YAML of a plain object, lists not indented, as kubectl prints it. */
export function toYaml(value: unknown): string {
  return stringify(value, {
    ...writeOptions,
    compat: "yaml-1.1",
    indentSeq: false,
    aliasDuplicateObjects: false,
  });
}

/** The value of a document, or the first line of what is wrong with it: an alias of nothing, or of too much, is, too. */
export function readYaml(text: string): { readonly value: unknown } | { readonly problem: string } {
  const firstLine = ({ message }: Error) => message.split("\n", 1)[0] ?? "";
  try {
    const document = parseDocument(text, readOptions);
    const [error] = document.errors;
    return error === undefined ? { value: document.toJS() } : { problem: firstLine(error) };
  } catch (error) {
    return { problem: error instanceof Error ? firstLine(error) : String(error) };
  }
}
