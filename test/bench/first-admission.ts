import { once } from "node:events";
import type { Agent } from "node:https";
import { connect as connectTls } from "node:tls";
import type { BenchPlace } from "./bench-place.ts";
import type { ClusterFolder } from "./cluster-folder.ts";
import { openAgent } from "./post.ts";
import { askRightly } from "./right-answer.ts";
import { questionAbout } from "./throughput.ts";

/** Milliseconds that the first admission took, each of another fresh server. */
export interface FirstAdmissions {
  /** With the TCP connection and the TLS handshake, as an API server meets a new replica. */
  readonly connecting: readonly number[];
  /** On a connection that was open before, on which nothing was sent yet. */
  readonly connected: readonly number[];
  /** From starting the process to its word that it is ready. */
  readonly starts: readonly number[];
}

/** Asks fresh servers for their first review as soon as they say that they are ready. */
export async function measureFirstAdmission(
  place: BenchPlace,
  cluster: ClusterFolder,
): Promise<FirstAdmissions> {
  const question = questionAbout(cluster, 1);
  const found = { connecting: [] as number[], connected: [] as number[], starts: [] as number[] };
  // The first server only warms up what measures.
  const rehearsal = await place.startWebhook(cluster.directory, false);
  for (let sent = 0; sent < 20; sent++) {
    const agent = openAgent();
    await connect(rehearsal.url, agent);
    await askRightly(rehearsal.url, question, agent);
    agent.destroy();
  }
  await rehearsal.stop();
  for (let start = 0; start < place.options.starts; start++) {
    place.say(`first admission, fresh server ${start + 1} of ${place.options.starts}`);
    for (const way of ["connecting", "connected"] as const) {
      const server = await place.startWebhook(cluster.directory, false);
      const agent = openAgent();
      if (way === "connected") await connect(server.url, agent);
      found[way].push((await askRightly(server.url, question, agent)).ms);
      found.starts.push(server.startMs);
      agent.destroy();
      await server.stop();
    }
  }
  return found;
}

/** Opens a connection that the next request on `agent` will use, and leaves it to that. */
async function connect(url: string, agent: Agent): Promise<void> {
  const { hostname, port } = new URL(url);
  const options = { host: hostname, port: Number(port), rejectUnauthorized: false };
  const socket = connectTls(options);
  await once(socket, "secureConnect");
  Object.assign(agent, { createConnection: () => socket });
}
