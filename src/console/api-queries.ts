import * as z from "zod";
import { workloads } from "../cluster/workload-kinds.ts";
import { health, podRow } from "./api-types.ts";
import { podSorts } from "./pod-query.ts";

// What the JSON API is asked with, in paths, query strings and bodies; what it answers is in api-types.ts.

// Kubernetes: docs, "Object Names and IDs".
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const name = z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/);

export const place = z.object({ namespace, name });

export const podFilter = z.object({
  namespace: namespace.optional(),
  dataset: z.string().max(320).optional().describe("namespace/name"),
  health: health.optional(),
  service: podRow.shape.service.optional(),
  cache: podRow.shape.cache.optional(),
  search: z
    .string()
    .max(253)
    .optional()
    .describe("Part of the name of the pod, its namespace, node or owner"),
  sort: z.enum(podSorts).default("namespace"),
  descending: z.boolean().default(false),
  page: z.int().min(1).max(1_000_000).default(1),
  size: z.int().min(1).max(200).default(50),
});

export const datasetFilter = z.object({
  namespace: namespace.optional(),
  search: z.string().max(253).optional(),
});

/** Either a manifest, or kind and name of an object. */
export const question = z.strictObject({
  manifest: z.string().min(1).optional().describe("YAML or JSON, 64 KiB at most"),
  kind: z.enum(Object.keys(workloads)).optional(),
  name: name.optional(),
  namespace: namespace.default("default").describe("Of the object, or of a manifest's that state none"),
});
export type Question = z.infer<typeof question>;
