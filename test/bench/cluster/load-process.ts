import { Agent } from "node:https";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { createDatasets } from "./create-datasets.ts";
import { createPods } from "./create-pods.ts";
import type { LoadAnswer, LoadCommand } from "./load-command.ts";

/**
 * The clients of the API server: a process of its own beside it, so that nothing lies between them and no measurement
 * waits for the one that measures. Obeys the commands on standard input and answers on standard output.
 */
export async function runLoadProcess(): Promise<void> {
  const say = (answer: LoadAnswer): void => {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  };
  let agent = new Agent();
  for await (const line of createInterface({ input: process.stdin })) {
    const command: LoadCommand = JSON.parse(line);
    try {
      if (command.do === "connect") {
        agent = agentFor(command);
        say({ said: "done" });
      } else if (command.do === "create pods") {
        const created = await createPods(agent, command, (mark) => say({ said: mark }));
        say({ said: "done", created });
      } else {
        await createDatasets(agent, command, (done) => say({ said: "progress", done }));
        say({ said: "done" });
      }
    } catch (error) {
      say({ said: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }
}

function agentFor({ address, tls }: LoadCommand & { readonly do: "connect" }): Agent {
  const [host = "", port = ""] = address.split(":");
  const createConnection = () => connect({ ...tls, host, port: Number(port), servername: "kubernetes" });
  return Object.assign(new Agent({ keepAlive: true, maxSockets: 64 }), { createConnection });
}
