import type { ResourceRequirements } from "kubernetes-types/core/v1";
import { parseQuantity } from "../types/quantity.ts";

export interface Sizes {
  readonly cpu?: string;
  readonly memory?: string;
}

export interface ResourceSizes {
  readonly requests: Sizes;
  readonly limits: Sizes;
}

/**
 * Requests and limits of a client: what the pod asks for, else what the template states, else the default; every
 * client gets all four, for quotas refuse and LimitRanges starve one without. Where they come from different places
 * and the request exceeds the limit, the one that was asked for stands and the other follows it.
 */
export function clientResources(
  template: ResourceRequirements | undefined,
  asked: ResourceSizes,
  fallback: ResourceSizes,
): ResourceRequirements {
  const requests: Record<string, string> = { ...template?.requests };
  const limits: Record<string, string> = { ...template?.limits };
  for (const name of ["cpu", "memory"] as const) {
    const request = asked.requests[name] ?? template?.requests?.[name];
    const limit = asked.limits[name] ?? template?.limits?.[name];
    const pair = fitPair(
      request,
      limit,
      fallback.requests[name],
      fallback.limits[name],
      asked.requests[name],
    );
    if (pair.request !== undefined) requests[name] = pair.request;
    if (pair.limit !== undefined) limits[name] = pair.limit;
  }
  return { ...template, requests, limits };
}

function fitPair(
  request: string | undefined,
  limit: string | undefined,
  defaultRequest: string | undefined,
  defaultLimit: string | undefined,
  askedRequest: string | undefined,
): { request: string | undefined; limit: string | undefined } {
  if (request === undefined && limit === undefined) return { request: defaultRequest, limit: defaultLimit };
  if (request === undefined) return { request: smaller(defaultRequest, limit), limit };
  if (limit === undefined) return { request, limit: larger(defaultLimit, request) };
  if (smaller(request, limit) === request) return { request, limit };
  return askedRequest === undefined ? { request: limit, limit } : { request, limit: request };
}

/** The smaller of two quantities; of one alone, that one. */
export function smaller(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (parseQuantity(a) ?? Number.POSITIVE_INFINITY) <= (parseQuantity(b) ?? Number.POSITIVE_INFINITY)
    ? a
    : b;
}

function larger(a: string | undefined, b: string): string {
  return a === undefined || smaller(a, b) === a ? b : a;
}
