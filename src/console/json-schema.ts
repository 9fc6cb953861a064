import * as z from "zod";

/** The JSON Schema of what a zod type takes in or gives out, as Fastify and OpenAPI take it. */
export function jsonSchema(type: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { target: "openapi-3.0", io });
  return schema;
}
