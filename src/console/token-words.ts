import { fieldAt, textAt, textsAt } from "../cluster/raw-fields.ts";

/**
 * Why a token was refused, for whoever brought it. What it says of itself is read but not believed: the API server has
 * refused it already. `now` is in milliseconds since 1970, `error` is what the API server said.
 */
export function describeToken(token: string, audience: string, now: number, error?: string): string {
  const claims = claimsOf(token);
  const expires = fieldAt(claims, "exp");
  if (typeof expires === "number" && expires * 1_000 <= now) {
    const when = new Date(Math.min(expires * 1_000, 8.64e15)).toISOString();
    return `this token expired at ${when}`;
  }
  const one = textAt(claims, "aud");
  const audiences = one === undefined ? textsAt(claims, "aud") : [one];
  if (audiences.length > 0 && !audiences.includes(audience))
    return `this token is for another audience (${shorten(audiences.join(", "))}), the console's is ${audience}`;
  return `the API server does not accept this token${error === undefined ? "" : ` (${shorten(error)})`}`;
}

/** The second part of a JSON web token. */
function claimsOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
