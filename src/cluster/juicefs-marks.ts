import { readTextMap } from "./text-map.ts";

/** Labels and annotations that a volume of the JuiceFS CSI driver asks for its clients. */
export interface JuicefsMarks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The key of an attribute that cannot be read. */
  readonly bad?: string;
}

const keys = { labels: "juicefs/mount-labels", annotations: "juicefs/mount-annotations" } as const;
// Kubernetes: docs, "Labels and Selectors" (syntax of keys and values).
const markKey = /^([a-z0-9][-.a-z0-9]{0,252}\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

/** From a volume's attributes, each a map in YAML or JSON; undefined when it asks for none. */
export function readJuicefsMarks(attributes: Readonly<Record<string, string>>): JuicefsMarks | undefined {
  const marks: { -readonly [K in keyof JuicefsMarks]: JuicefsMarks[K] } = {};
  for (const what of ["labels", "annotations"] as const) {
    const text = attributes[keys[what]];
    if (!text) continue;
    const map = readTextMap(text);
    const good =
      map !== undefined &&
      Object.entries(map).every(
        ([key, value]) => markKey.test(key) && (what !== "labels" || labelValue.test(value)),
      );
    if (!good) return { bad: keys[what] };
    marks[what] = map;
  }
  return marks.labels === undefined && marks.annotations === undefined ? undefined : marks;
}
