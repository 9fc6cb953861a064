import { type ApiClient, ApiError } from "./api-client.ts";
import { textAt } from "./fields.ts";
import { clientsOf, podOf } from "./pods.ts";

export interface LoadResult {
  readonly created: number;
  /** What was said against each pod that was refused, or came back without its client. */
  readonly failed: readonly string[];
  /** From the first pod that failed to the last one, in milliseconds. */
  readonly failingMs: number;
  /** Creations that the API server itself could not take: it was not there, or said so. */
  readonly unreachable: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/**
 * Creates pods with a dataset (dry run) from `workers` sides at once, for as long as `during` takes and until at least
 * `atLeast` were created.
 */
export async function steadyLoad(
  api: ApiClient,
  { workers, atLeast }: { readonly workers: number; readonly atLeast: number },
  during: () => Promise<void>,
): Promise<LoadResult> {
  const times: number[] = [];
  const failed: string[] = [];
  const failedAt: number[] = [];
  let unreachable = 0;
  let over = false;
  const begin = performance.now();

  const work = async () => {
    while (!over || times.length < atLeast) {
      const started = performance.now();
      const trouble = await createOne(api);
      if (trouble === "unreachable") {
        unreachable++;
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      times.push(performance.now() - started);
      if (trouble !== undefined) {
        failed.push(`${((started - begin) / 1000).toFixed(2)} s: ${trouble}`);
        failedAt.push(performance.now());
      }
      // A load that no answer can slow down for good would hide behind its own failures.
      if (failed.length > 200) return;
    }
  };
  const working = Array.from({ length: workers }, work);
  try {
    await during();
  } finally {
    over = true;
  }
  await Promise.all(working);
  const seconds = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  const quantile = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))] ?? 0);
  return {
    created: times.length,
    failed,
    failingMs: failedAt.length === 0 ? 0 : Math.round(Math.max(...failedAt) - Math.min(...failedAt)),
    unreachable,
    perSecond: Math.round(times.length / seconds),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    slowestMs: quantile(1),
  };
}

async function createOne(api: ApiClient): Promise<string | undefined> {
  try {
    const path = "/api/v1/namespaces/demo/pods?dryRun=All";
    const { status, body } = await api.send("POST", path, podOf(undefined, { claims: ["imagenet"] }));
    const message = textAt(body, "message");
    if (status === 201) return clientsOf(body).length === 1 ? undefined : "created without its client";
    const aboutUs = message.includes("webhook");
    return aboutUs || ![429, 500, 503, 504, 403].includes(status) ? `${status} ${message}` : "unreachable";
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return "unreachable";
    throw error;
  }
}

/** One line of figures. */
export function figures(name: string, result: LoadResult): string {
  const { created, failed, unreachable, perSecond, p50Ms, p99Ms, slowestMs } = result;
  return `${name}: ${created} created, ${failed.length} failed, ${unreachable} not taken by the API server, ${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, slowest ${slowestMs} ms`;
}
