import { ConsoleProblem } from "./console-problem.ts";

/** Names by which a browser on this machine calls it. */
const localNames = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Lets only requests through that were meant for this machine: a page from elsewhere whose name was made to lead here
 * (DNS rebinding) would otherwise read what needs no token.
 */
export function assertLocal(host: string | undefined): void {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (!localNames.has(name))
    throw new ConsoleProblem(403, "this console needs no token, so it answers on localhost only");
}

/** Whether an address to listen on can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
