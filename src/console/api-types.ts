import * as z from "zod";

// What the JSON API answers: from these come the types, the schemas of answers and the OpenAPI document.

const time = z.string().describe("RFC 3339 in UTC");

/** How well something is, for colours and counts; what exactly is the matter stands beside it. */
export const health = z.enum(["well", "waiting", "bad", "ended"]);

const stale = z.object({
  since: time.optional().describe("When the API server was last heard of"),
  problem: z.string().describe("What cannot be read, and why"),
});

export const session = z.object({
  user: z.string(),
  version: z.string(),
  source: z.enum(["cluster", "folder"]).describe("What is shown: a live cluster, or a folder of manifests"),
  everywhere: z.boolean().describe("False where only some namespaces may be seen"),
  namespaces: z.array(z.string()).describe("Those with pods or datasets to show that may be seen"),
  nodes: z.boolean().describe("Whether nodes may be listed"),
  stale: stale.optional(),
});

const clientState = z.object({
  container: z.string(),
  claim: z.string().optional(),
  dataset: z.string().optional().describe("namespace/name"),
  state: z.string(),
  health,
  reason: z.string().optional().describe("What is the matter, in words"),
  remedy: z.string().optional(),
  restarts: z.int(),
});

export const podRow = z.object({
  namespace: z.string(),
  name: z.string(),
  created: time,
  phase: z.string(),
  node: z.string().optional(),
  owner: z.object({ kind: z.string(), name: z.string() }).optional(),
  service: z
    .enum(["sidecar", "csi", "missed"])
    .describe("Clients in the pod; the node's CSI driver; or none, although the pod asks for injection"),
  health,
  reason: z.string().optional(),
  datasets: z.array(z.string()).describe("namespace/name"),
  cache: z
    .enum(["on", "off", "unplaced", "unlabelled"])
    .describe(
      "Whether its node holds the caches; unlabelled: nodes with the cache of such datasets are not known",
    ),
  clients: z.array(clientState),
});

export const podPage = z.object({
  total: z.int().describe("Of the pods that may be seen, those that the filters leave"),
  page: z.int(),
  size: z.int(),
  pods: z.array(podRow),
  everywhere: z.boolean(),
});

const event = z.object({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.int(),
  last: time.optional(),
  source: z.string(),
});

const container = z.object({
  name: z.string(),
  kind: z.enum(["client", "guard", "init", "app"]),
  image: z.string(),
  state: z.string(),
  message: z.string().optional(),
  ready: z.boolean(),
  restarts: z.int(),
});

export const podDetail = podRow.extend({
  mode: z.string().optional(),
  platform: z.string().optional(),
  sidecar: z.string().optional(),
  version: z.string().optional().describe("Of Sluice when it injected the pod"),
  containers: z.array(container),
  events: z.array(event),
  eventsHidden: z.string().optional().describe("Why no events are shown"),
});

const datasetRow = z.object({
  namespace: z.string(),
  name: z.string(),
  family: z.enum(["fluid", "juicefs"]).describe("A Dataset of Fluid, or a claim of the JuiceFS CSI driver"),
  runtime: z.string(),
  phase: z.string(),
  cached: z.number().optional().describe("How much of it is cached, from 0 to 1"),
  nodes: z.int().optional().describe("How many nodes hold its cache; absent where nodes are not labelled"),
  pods: z.object({ total: z.int(), on: z.int(), off: z.int(), bad: z.int() }),
  problem: z.string().optional().describe("Why pods cannot have it now"),
});

export const datasetList = z.object({
  datasets: z.array(datasetRow),
  total: z.int(),
  everywhere: z.boolean(),
});

export const datasetDetail = datasetRow.extend({
  mountPoints: z.array(z.string()),
  refersTo: z.string().optional(),
  claims: z.array(
    z.object({ name: z.string(), volume: z.string().optional(), accessModes: z.array(z.string()) }),
  ),
  client: z
    .object({
      container: z.string(),
      image: z.string(),
      from: z.string().optional().describe("The object that it is made from"),
      requests: z.string(),
      limits: z.string(),
    })
    .optional()
    .describe("As a pod would get it now"),
  reasons: z.array(z.string()).describe("What admission would say to a pod that mounts it now"),
  nodeLabel: z.string().optional().describe("The label that nodes with its cache carry"),
  nodeNames: z.array(z.string()),
  nodesHidden: z.string().optional(),
});

const counts = z.object({ well: z.int(), waiting: z.int(), bad: z.int(), ended: z.int() });

const problem = z.object({
  kind: z.enum(["pod", "dataset", "refusal"]),
  namespace: z.string(),
  name: z.string(),
  message: z.string(),
  last: time.optional(),
});

export const overview = z.object({
  everywhere: z.boolean(),
  pods: z.object({
    total: z.int(),
    sidecar: z.int(),
    csi: z.int(),
    missed: z.int(),
    on: z.int(),
    off: z.int(),
    unplaced: z.int(),
    unlabelled: z.int(),
    health: counts,
  }),
  datasets: z.object({ total: z.int(), ready: z.int() }),
  hours: z
    .array(z.object({ from: time, injected: z.int(), refused: z.int() }))
    .describe("The last 24 hours, the oldest first"),
  refusalsHidden: z.string().optional(),
  problems: z.array(problem),
  moreProblems: z.int(),
});

const whyEntry = z.object({
  head: z.string(),
  more: z.array(z.string()),
  body: z.array(z.string()),
});

const whyNode = z.object({
  name: z.string(),
  reachable: z.boolean().describe("Whether the pod may be scheduled there"),
  weight: z.int().describe("Sum of the weights of the preferences that it meets"),
  caches: z.array(z.string()).describe("Those of the pod's datasets whose cache it holds"),
});

const whySections = z.array(z.object({ heading: z.string(), entries: z.array(whyEntry) }));

const standing = z.object({
  title: z.string(),
  headline: z.string(),
  sections: whySections,
});

const whyAnswer = z.object({
  title: z.string(),
  verdict: z.enum(["injected", "unchanged", "rejected"]),
  headline: z.string(),
  stands: standing
    .extend({
      level: z
        .enum(["well", "look", "bad"])
        .describe(
          "look: a client is not up yet, or it would be made otherwise now; bad: somebody should act",
        ),
      pods: z.array(standing).describe("Of a workload, those that are not well or differ, else one of them"),
      unseen: z.array(z.string()).describe("What was not looked at, and why"),
    })
    .optional()
    .describe("How the object stands in the cluster; absent for a manifest"),
  sections: whySections,
  volumes: z.array(
    z.object({
      volume: z.string(),
      code: z.string(),
      title: z.string().optional(),
      client: z.string().optional(),
      message: z.string(),
    }),
  ),
  diff: z.array(
    z.object({
      kind: z.enum(["same", "added", "removed", "gap"]),
      text: z.string(),
      before: z.int(),
      after: z.int(),
    }),
  ),
  affinity: z.array(z.string()).describe("The node affinity that comes out, a line for each term"),
  nodes: z
    .object({
      total: z.int(),
      reachable: z.int(),
      holding: z.int(),
      shown: z.array(whyNode).describe("The best ones first, 60 at most"),
    })
    .optional(),
  nodesHidden: z.string().optional(),
});

export const whyAnswers = z.object({ answers: z.array(whyAnswer) });

export const failure = z.object({
  message: z.string(),
  since: time.optional().describe("When the API server was last heard of"),
});

export type Health = z.infer<typeof health>;
export type Stale = z.infer<typeof stale>;
export type Session = z.infer<typeof session>;
export type ClientState = z.infer<typeof clientState>;
export type PodRow = z.infer<typeof podRow>;
export type PodPage = z.infer<typeof podPage>;
export type PodDetail = z.infer<typeof podDetail>;
export type PodEvent = z.infer<typeof event>;
export type PodContainer = z.infer<typeof container>;
export type DatasetRow = z.infer<typeof datasetRow>;
export type DatasetList = z.infer<typeof datasetList>;
export type DatasetDetail = z.infer<typeof datasetDetail>;
export type Overview = z.infer<typeof overview>;
export type Problem = z.infer<typeof problem>;
export type WhyAnswer = z.infer<typeof whyAnswer>;
export type WhyAnswers = z.infer<typeof whyAnswers>;
export type Standing = z.infer<typeof standing>;
export type WhyNode = z.infer<typeof whyNode>;
