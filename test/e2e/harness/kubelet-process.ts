// Runs inside the sandbox: the part of a kubelet that forwards ports of pods, for pods whose processes have an address.
//   node kubelet.js ADDRESS:PORT PAIR_FILE PODS_FILE
// PAIR_FILE holds {key, cert} as JSON, PODS_FILE {"NAMESPACE/POD": "ADDRESS"}; it is read anew for each connection.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { connect } from "node:net";
import { servePortForward } from "../../support/port-forward-server.ts";

const [listen = "", pairFile = "", podsFile = ""] = process.argv.slice(2);
const [host, port] = listen.split(":");

createServer(JSON.parse(readFileSync(pairFile, "utf8")), (_request, response) =>
  response.writeHead(404).end(),
)
  .on("upgrade", (request, socket) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://kubelet");
    const [, action, namespace, pod] = pathname.split("/");
    const address = JSON.parse(readFileSync(podsFile, "utf8"))[`${namespace}/${pod}`];
    if (action !== "portForward" || address === undefined) {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    servePortForward(request, socket, () => connect(Number(searchParams.get("port")), address));
  })
  .listen(Number(port), host, () => process.stdout.write("listening\n"));
