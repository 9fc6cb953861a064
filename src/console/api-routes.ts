import type { FastifyInstance, FastifyRequest } from "fastify";
import type * as z from "zod";
import { ApiError } from "../cluster/api-error.ts";
import { version } from "../version.ts";
import { type Access, type Right, rights, scopeOf, type Viewer } from "./access.ts";
import { datasetFilter, place, podFilter, type Question, question } from "./api-queries.ts";
import * as api from "./api-types.ts";
import { askWhy } from "./ask-why.ts";
import type { ConsoleData } from "./console-data.ts";
import { ConsoleProblem } from "./console-problem.ts";
import { Datasets } from "./datasets.ts";
import { jsonSchema } from "./json-schema.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { makeOverview } from "./overview.ts";
import { readPodDetail } from "./pod-detail.ts";
import { Pods } from "./pods.ts";
import type { Refusal } from "./read-events.ts";

export interface RoutesOptions {
  readonly data: ConsoleData;
  readonly access: Access;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

const refusalsLifeMs = 10_000;

/** Adds /api/v1. Whatever is told is told of namespaces in which the viewer may see it. */
export function addRoutes(app: FastifyInstance, options: RoutesOptions): void {
  const { data, access, now, elapsed } = options;
  const { decisions, view, inventory, driver } = data;
  const pods = new Pods(data.pods, {
    view,
    driver,
    elapsed,
    judgeMissed: (raw) => decisions.judgeMissed(raw),
  });
  const judgeClaim = decisions.judgeClaim.bind(decisions);
  const datasets = new Datasets({ view, inventory, driver, elapsed, judgeClaim });
  const allDatasets = () => datasets.all(() => pods.byDataset());
  const kept = new KeptAnswers<readonly Refusal[]>(1, elapsed);
  const viewerOf = (request: FastifyRequest) => access.viewer(request.headers.authorization);
  const namespacesOfPods = () => pods.all().map((pod) => pod.namespace);
  const podScope = (viewer: Viewer) => scopeOf(viewer, rights.pods, namespacesOfPods());
  const datasetScope = async (viewer: Viewer) => {
    const of = (family: string) =>
      allDatasets().flatMap((row) => (row.family === family ? [row.namespace] : []));
    const fluid = await scopeOf(viewer, rights.datasets, of("fluid"));
    const claims = await scopeOf(viewer, rights.claims, of("juicefs"));
    return {
      everywhere: fluid.everywhere && claims.everywhere,
      sees: (row: api.DatasetRow) => (row.family === "fluid" ? fluid : claims).has(row.namespace),
    };
  };
  const refusalsNow = async (): Promise<{ refused: readonly Refusal[]; unread?: string }> => {
    try {
      const life = () => refusalsLifeMs;
      return { refused: await kept.get("refusals", life, () => data.refusals()) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { refused: [], unread: error.message };
    }
  };
  /** Counts of pods are told where pods may be seen. */
  const withoutPods = { total: 0, on: 0, off: 0, bad: 0 };

  app.get(
    "/api/v1/session",
    described("Who asks, and what may be seen", { answer: api.session }),
    async (request): Promise<api.Session> => {
      const viewer = await viewerOf(request);
      const [ofPods, ofDatasets] = await Promise.all([podScope(viewer), datasetScope(viewer)]);
      const names = [
        ...namespacesOfPods().filter((one) => ofPods.has(one)),
        ...allDatasets()
          .filter((row) => ofDatasets.sees(row))
          .map((row) => row.namespace),
      ];
      const stale = data.stale();
      return {
        user: viewer.user,
        version,
        source: data.source,
        everywhere: ofPods.everywhere && ofDatasets.everywhere,
        namespaces: [...new Set(names)].sort(),
        nodes: await viewer.may(rights.nodes),
        ...(stale && { stale }),
      };
    },
  );

  app.get(
    "/api/v1/overview",
    described("Counts, the last 24 hours, what is wrong now", { answer: api.overview }),
    async (request): Promise<api.Overview> => {
      const viewer = await viewerOf(request);
      const [ofPods, ofDatasets] = await Promise.all([podScope(viewer), datasetScope(viewer)]);
      const { refused, unread } = await refusalsNow();
      const ofEvents = await scopeOf(
        viewer,
        rights.events,
        refused.map((refusal) => refusal.namespace),
      );
      return makeOverview({
        everywhere: ofPods.everywhere && ofDatasets.everywhere,
        pods: pods.all().filter((pod) => ofPods.has(pod.namespace)),
        datasets: allDatasets().filter((row) => ofDatasets.sees(row)),
        refusals: refused.filter((refusal) => ofEvents.has(refusal.namespace)),
        ...(!ofEvents.everywhere && {
          refusalsHidden: "refusals are counted only in namespaces in which you may list events",
        }),
        ...(unread !== undefined && { refusalsHidden: `refusals cannot be read now: ${unread}` }),
        now: now(),
      });
    },
  );

  app.get<{ Querystring: z.infer<typeof podFilter> }>(
    "/api/v1/pods",
    described("Pods with datasets: filtered, sorted, a page of them", {
      answer: api.podPage,
      querystring: podFilter,
    }),
    async (request): Promise<api.PodPage> => {
      const scope = await podScope(await viewerOf(request));
      const { page, size, ...query } = request.query;
      return { ...pods.page(query, (one) => scope.has(one), page, size), everywhere: scope.everywhere };
    },
  );

  app.get<{ Params: z.infer<typeof place> }>(
    "/api/v1/namespaces/:namespace/pods/:name",
    described("A pod with its clients, containers and Events", { answer: api.podDetail, params: place }),
    async (request): Promise<api.PodDetail> => {
      const viewer = await viewerOf(request);
      await assertMay(viewer, { ...rights.pods, namespace: request.params.namespace });
      return readPodDetail({ data, pods, viewer }, request.params.namespace, request.params.name);
    },
  );

  app.get<{ Querystring: z.infer<typeof datasetFilter> }>(
    "/api/v1/datasets",
    described("Datasets", { answer: api.datasetList, querystring: datasetFilter }),
    async (request): Promise<api.DatasetList> => {
      const viewer = await viewerOf(request);
      const [ofPods, ofDatasets] = await Promise.all([podScope(viewer), datasetScope(viewer)]);
      const { namespace: wanted, search = "" } = request.query;
      const rows = allDatasets().filter(
        (row) =>
          ofDatasets.sees(row) &&
          (wanted === undefined || row.namespace === wanted) &&
          `${row.namespace}/${row.name}`.includes(search),
      );
      return {
        datasets: rows
          .slice(0, mostDatasets)
          .map((row) => (ofPods.has(row.namespace) ? row : { ...row, pods: withoutPods })),
        total: rows.length,
        everywhere: ofDatasets.everywhere,
      };
    },
  );

  app.get<{ Params: z.infer<typeof place> }>(
    "/api/v1/namespaces/:namespace/datasets/:name",
    described("A dataset with its claims, client, nodes", { answer: api.datasetDetail, params: place }),
    async (request): Promise<api.DatasetDetail> => {
      const viewer = await viewerOf(request);
      const { namespace: wanted, name: called } = request.params;
      const ofFluid = await viewer.may({ ...rights.datasets, namespace: wanted });
      const ofClaims = await viewer.may({ ...rights.claims, namespace: wanted });
      if (!ofFluid && !ofClaims) throw forbidden({ ...rights.datasets, namespace: wanted });
      const nodes = await viewer.may(rights.nodes);
      const mayPods = await viewer.may({ ...rights.pods, namespace: wanted });
      const byDataset = mayPods ? pods.byDataset() : new Map<string, api.PodRow[]>();
      const found = datasets.detail(wanted, called, byDataset, nodes);
      if (found === undefined || !(found.family === "fluid" ? ofFluid : ofClaims))
        throw new ConsoleProblem(404, `there is no dataset ${wanted}/${called}, or not any more`);
      return found;
    },
  );

  app.post<{ Body: Question }>(
    "/api/v1/why",
    described("What admission would do with a manifest or an object, and why; nothing is written", {
      answer: api.whyAnswers,
      body: question,
    }),
    async (request): Promise<api.WhyAnswers> => askWhy(data, await viewerOf(request), request.body),
  );
}

/** More than these are searched for, not shown. */
const mostDatasets = 500;

async function assertMay(viewer: Viewer, right: Right): Promise<void> {
  if (!(await viewer.may(right))) throw forbidden(right);
}

function forbidden({ verb, group, resource, namespace: where }: Right): ConsoleProblem {
  const what = group === "" ? resource : `${resource}.${group}`;
  const place = where === undefined ? "" : ` in namespace ${where}`;
  return new ConsoleProblem(403, `you may not ${verb} ${what}${place}: ask who gives rights there for it`);
}

interface Described {
  readonly answer: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly params?: z.ZodType;
  readonly body?: z.ZodType;
}

/** The schema of a route, for Fastify and the OpenAPI document. */
function described(summary: string, { answer, ...asked }: Described) {
  const problem = jsonSchema(api.failure, "output");
  return {
    schema: {
      summary,
      ...Object.fromEntries(Object.entries(asked).map(([key, type]) => [key, jsonSchema(type, "input")])),
      response: {
        200: jsonSchema(answer, "output"),
        ...Object.fromEntries(["400", "401", "403", "404", "503"].map((status) => [status, problem])),
      },
    },
  };
}
