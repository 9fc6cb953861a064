import { isObject } from "./golden-case.ts";

/** The pod of an object, and where in it the pod stands. */
export interface PodPlace {
  /** As a workload's controller creates it. */
  readonly pod: unknown;
  /** JSON pointer from the object's root. */
  readonly pointer: string;
  readonly namespace?: string;
}

const templates: Readonly<Record<string, string>> = {
  Pod: "",
  Deployment: "/spec/template",
  Job: "/spec/template",
  CronJob: "/spec/jobTemplate/spec/template",
};

/** The pod that the API server is sent for a Pod, a Deployment or a CronJob. */
export function podIn(object: Readonly<Record<string, unknown>>): PodPlace {
  const pointer = templates[String(object["kind"])];
  if (pointer === undefined) throw new Error(`no golden case is made for a ${object["kind"]}`);
  const place = metadataOf(object);
  const namespace = typeof place["namespace"] === "string" ? { namespace: place["namespace"] } : {};
  if (pointer === "") return { pod: object, pointer, ...namespace };
  let template: unknown = object;
  for (const key of pointer.slice(1).split("/")) template = isObject(template) ? template[key] : undefined;
  if (!isObject(template)) throw new Error(`nothing stands at ${pointer}`);
  const metadata = { ...metadataOf(template), generateName: `${place["name"]}-` };
  return { pod: { apiVersion: "v1", kind: "Pod", ...template, metadata }, pointer, ...namespace };
}

function metadataOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isObject(object["metadata"]) ? object["metadata"] : {};
}
