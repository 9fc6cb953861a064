// Runs inside the sandbox: whoever connects to the socket (a file, so seen from outside too) is led to an address inside.
//   node socket-to-port.js SOCKET
// The first line of each connection names the address: "10.10.0.11:8080\n".
import { connect, createServer } from "node:net";

const [socketFile] = process.argv.slice(2);

createServer((client) => {
  client.on("error", () => client.destroy());
  client.once("data", (first) => {
    const end = first.indexOf(10);
    const [host, port] = first.subarray(0, end).toString().split(":");
    const inside = connect({ host, port: Number(port), noDelay: true });
    inside.on("error", () => client.destroy());
    inside.on("close", () => client.destroy());
    client.on("close", () => inside.destroy());
    if (first.length > end + 1) inside.write(first.subarray(end + 1));
    client.pipe(inside).pipe(client);
  });
}).listen(socketFile);
