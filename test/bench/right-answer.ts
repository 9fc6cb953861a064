import type { Agent } from "node:https";
import { type Posted, post } from "./post.ts";

/** A review and what has to come back for it. */
export interface Question {
  readonly body: string;
  /** Names of the clients' containers that the patch has to add; "echo" for the body itself. */
  readonly expected: readonly string[] | "echo";
}

/** An answer that is not what it has to be: what is measured then is no webhook. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/** Posts a review, looks at the whole answer, and returns it. Throws `WrongAnswer`. */
export async function askRightly(url: string, question: Question, agent: Agent): Promise<Posted> {
  const posted = await post(url, question.body, agent);
  const problem = posted.status === 200 ? problemOf(posted.body, question) : `HTTP status ${posted.status}`;
  if (problem === undefined) return posted;
  throw new WrongAnswer(`${url} answered wrongly (${problem}): ${posted.body.slice(0, 400)}`);
}

function problemOf(body: string, { body: sent, expected }: Question): string | undefined {
  if (expected === "echo") return body === sent ? undefined : "not the same review";
  const answer = JSON.parse(body);
  const { uid, allowed, patch } = answer.response ?? {};
  if (uid !== JSON.parse(sent).request.uid) return "another uid";
  if (allowed !== true) return "not allowed";
  if (expected.length === 0) return patch === undefined ? undefined : "a patch that was not called for";
  if (patch === undefined) return "no patch";
  const operations: readonly { path: string; value?: { name?: string } }[] = JSON.parse(
    Buffer.from(patch, "base64").toString(),
  );
  const added = operations
    .filter(({ path }) => /^\/spec\/initContainers(\/|$)/.test(path))
    .flatMap(({ value }) => value)
    .map((container) => container?.name);
  const missing = expected.filter((name) => !added.includes(name));
  return missing.length === 0 ? undefined : `no container ${missing.join(", ")}`;
}
