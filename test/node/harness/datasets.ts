import { readFileSync } from "node:fs";
import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, fieldsOf, textAt } from "../../e2e/harness/fields.ts";
import { addObject, parseObjects } from "../../e2e/harness/objects.ts";
import type { RealNode } from "./real-node.ts";
import { sources } from "./storage.ts";

interface JuiceFs {
  /** Whose volume it shows. */
  readonly source: "training" | "scratch";
  /** What the client's script does before it mounts. */
  readonly before?: string;
  /** Further mount options. */
  readonly options?: string;
  /** Fields of the client's container that differ. */
  readonly container?: Fields;
}

/** Adds what Fluid makes for a JuiceFS dataset; of "training" it may only be read. Resolves when its claim is bound. */
export async function addJuiceFs(node: RealNode, name: string, dataset: JuiceFs): Promise<void> {
  const { source, before = "", options = "", container = {} } = dataset;
  let text = readFileSync(new URL("../cluster/training.yaml", import.meta.url), "utf8");
  text = text.replaceAll("training", name).replace("6379/1", `6379/${sources[source].meta}`);
  if (source === "scratch") text = text.replaceAll("ReadOnlyMany", "ReadWriteMany").replace(",ro", "");
  text = text.replace("free-space-ratio=0.1", `free-space-ratio=0.1${options && `,${options}`}`);
  text = text.replace("    exec /bin/mount", `    ${before}\n    exec /bin/mount`);
  await add(node, parseObjects(text), (object) => replaceContainer(object, container));
}

/** Adds "books", the dataset of a ThinRuntime whose client is bindfs. */
export async function addBooks(node: RealNode): Promise<void> {
  await add(node, parseObjects(readFileSync(new URL("../cluster/books.yaml", import.meta.url), "utf8")));
}

async function add(
  node: RealNode,
  objects: readonly Fields[],
  change: (object: Fields) => Fields = (object) => object,
): Promise<void> {
  for (const object of objects) await addObject(node.api, change(object));
  for (const { kind, metadata } of objects)
    if (kind === "PersistentVolumeClaim")
      await eventually(`claim ${textAt(metadata, "name")} is bound`, async () => {
        const claim = await node.api.get(
          `/api/v1/namespaces/data/persistentvolumeclaims/${textAt(metadata, "name")}`,
        );
        return textAt(claim, "status", "phase") === "Bound";
      });
}

function replaceContainer(object: Fields, container: Fields): Fields {
  if (object["kind"] !== "DaemonSet") return object;
  const spec = fieldsOf(object["spec"]);
  const template = fieldsOf(spec["template"]);
  const podSpec = fieldsOf(template["spec"]);
  const [first] = Array.isArray(podSpec["containers"]) ? podSpec["containers"] : [];
  const containers = [{ ...fieldsOf(first), ...container }];
  return { ...object, spec: { ...spec, template: { ...template, spec: { ...podSpec, containers } } } };
}
