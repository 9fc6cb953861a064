// Runs inside the sandbox, between Sluice and the API server, and does to the calls what a file says.
//   node api-proxy.js LISTEN_PORT SERVER_PORT CERTIFICATE KEY MODE_FILE
// "pass": hands on. "storm": 500 for each call, and calls under way are broken off. "silent": what is under way never
// gets another byte, even when the silence is over, and new calls get no answer as long as it lasts.
import { readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:https";

const [listenPort, serverPort, certificate, key, modeFile] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
const underWay = new Set();
let mode = "pass";

setInterval(() => {
  const now = readFileSync(modeFile, "utf8").trim();
  if (now === mode || now === "") return;
  mode = now;
  console.log(`${mode} begins: ${mode === "pass" ? 0 : breakOff()} calls were under way`);
}, 20);

function breakOff() {
  const broken = [...underWay];
  underWay.clear();
  for (const { call, answer } of broken) {
    call.destroy();
    if (mode === "storm") answer.destroy();
  }
  return broken.length;
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (asked, answer) => {
  if (mode === "silent") return;
  if (mode === "storm") {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", message: "storm", code: 500 };
    answer.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify(body));
    return;
  }
  const { method, url, headers } = asked;
  const call = request({ agent, host: "127.0.0.1", port: serverPort, method, path: url, headers });
  const one = { call, answer };
  underWay.add(one);
  call.on("response", (response) => {
    if (!underWay.has(one)) return;
    answer.writeHead(response.statusCode, response.headers);
    // Beginnings of watches are waited for.
    answer.flushHeaders();
    response.on("data", (part) => underWay.has(one) && answer.write(part));
    response.on("end", () => underWay.delete(one) && answer.end());
    response.on("error", () => underWay.delete(one) && answer.destroy());
  });
  call.on("error", () => underWay.delete(one) && answer.destroy());
  answer.on("close", () => {
    underWay.delete(one);
    call.destroy();
  });
  asked.pipe(call);
});
// A silent call is not to be ended by us.
server.requestTimeout = 0;
server.keepAliveTimeout = 300_000;
server.listen(Number(listenPort), "127.0.0.1", () => console.log("listening"));
