import { createHash } from "node:crypto";
import type { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError } from "../cluster/api-error.ts";
import { fieldAt, isRawObject, textAt, textsAt } from "../cluster/raw-fields.ts";
import type { Access, Right, Viewer } from "./access.ts";
import { ConsoleProblem } from "./console-problem.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { describeToken } from "./token-words.ts";

export interface ClusterAccessOptions {
  readonly connection: Pick<ApiConnection, "getJson">;
  /** Whom tokens have to be made for. */
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
  /** When the API server was last heard of, in milliseconds since 1970. */
  readonly lastContact: () => number | undefined;
}

/** What a token came to. */
type Known = { readonly viewer: Viewer } | { readonly refused: string };

// A right that was taken away is seen for as long as that at most.
const tokenLifeMs = 10_000;
const refusalLifeMs = 3_000;
const rightLifeMs = 10_000;
const mostTokens = 1_000;
/** Tokens that are asked about at once: whoever sends nonsense is not to keep the API server busy. */
const mostAsked = 16;
const mostRights = 50_000;
const answerMs = 5_000;
/** Beyond this it is no token, and not sent on. */
const longestToken = 16_384;

/**
 * The cluster says who may see what: tokens by TokenReview, rights by SubjectAccessReview. Answers are kept for seconds.
 */
export function clusterAccess(options: ClusterAccessOptions): Access {
  const { connection, audience, now, elapsed, lastContact } = options;
  const tokens = new KeptAnswers<Known>(mostTokens, elapsed);
  const decided = new KeptAnswers<boolean>(mostRights, elapsed);

  const review = async (path: string, kind: string, spec: object): Promise<unknown> => {
    const apiVersion = path.replace(/^\/apis\/(.*)\/[a-z]+$/, "$1");
    try {
      const body = { apiVersion, kind, metadata: {}, spec };
      const answer = await connection.getJson(path, { method: "POST", body, idleMs: answerMs });
      return fieldAt(answer, "status");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const remedy =
        error.status === 403
          ? "give the console's ServiceAccount the ClusterRole system:auth-delegator"
          : "it is tried again";
      const message = `the API server cannot be asked who may see what: ${remedy} (${error.message})`;
      throw new ConsoleProblem(503, message, lastContact());
    }
  };

  const viewerOf = (identity: object): Viewer => {
    const key = hashOf(JSON.stringify(identity));
    return {
      user: textAt(identity, "user") ?? "",
      may: (right) =>
        decided.get(
          `${key} ${describe(right)}`,
          () => rightLifeMs,
          async () => {
            const { group, resource, verb, namespace, name } = right;
            const attributes = {
              group,
              resource,
              verb,
              ...(namespace && { namespace }),
              ...(name && { name }),
            };
            const spec = { ...identity, resourceAttributes: attributes };
            const status = await review(
              "/apis/authorization.k8s.io/v1/subjectaccessreviews",
              "SubjectAccessReview",
              spec,
            );
            return fieldAt(status, "allowed") === true;
          },
        ),
    };
  };

  let asked = 0;
  const ask = async (token: string): Promise<Known> => {
    if (asked >= mostAsked) throw new ConsoleProblem(503, "too many tokens are being looked at: try again");
    asked += 1;
    try {
      return await judge(token);
    } finally {
      asked -= 1;
    }
  };

  const judge = async (token: string): Promise<Known> => {
    const spec = { token, audiences: [audience] };
    const status = await review("/apis/authentication.k8s.io/v1/tokenreviews", "TokenReview", spec);
    const authenticated = fieldAt(status, "authenticated") === true;
    // An authenticator that knows of no audiences vouches for the API server's only (Kubernetes: TokenReviewStatus).
    if (authenticated && textsAt(status, "audiences").includes(audience)) {
      const { username = "", uid, groups, extra } = userOf(fieldAt(status, "user"));
      return { viewer: viewerOf({ user: username, uid, groups, extra }) };
    }
    return { refused: describeToken(token, audience, now(), textAt(status, "error")) };
  };

  return {
    viewer: async (authorization) => {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined)
        throw new ConsoleProblem(401, `sign in with a token: ${howToGetOne(audience)}`);
      if (token.length > longestToken) throw new ConsoleProblem(401, "this is too long for a token");
      const known = await tokens.get(
        hashOf(token),
        (answer) => ("viewer" in answer ? tokenLifeMs : refusalLifeMs),
        () => ask(token),
      );
      if ("refused" in known) throw new ConsoleProblem(401, `${known.refused}: ${howToGetOne(audience)}`);
      return known.viewer;
    },
  };
}

function howToGetOne(audience: string): string {
  return `make one with kubectl create token SERVICEACCOUNT --audience ${audience}`;
}

/** Tokens are not kept themselves. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

function describe({ verb, group, resource, namespace = "", name = "" }: Right): string {
  return `${verb} ${group}/${resource} ${namespace}/${name}`;
}

function userOf(user: unknown): {
  username?: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, unknown>;
} {
  const [username, uid, extra] = [textAt(user, "username"), textAt(user, "uid"), fieldAt(user, "extra")];
  return {
    ...(username !== undefined && { username }),
    ...(uid !== undefined && { uid }),
    groups: textsAt(user, "groups"),
    ...(isRawObject(extra) && { extra: { ...extra } }),
  };
}
