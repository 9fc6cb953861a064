// Runs inside the sandbox, between Sluice and the API server, and does to the calls what a file says.
//   node api-proxy.js LISTEN_PORT SERVER_PORT CERTIFICATE KEY MODE_FILE CALLS_FILE
// How many calls are under way is written to CALLS_FILE.
// Each call and answer is the real API server's; only how it travels is not.
// "pass": hands on.
// "storm": 500 for each call, and calls under way are broken off.
// "silent": what is under way never gets another byte, even when the silence is over, and new calls get no answer as
// long as it lasts.
// "reset": what is under way ends with a TCP reset; new calls pass.
// "slow": answers come in small pieces, with a pause before each.
// "half": lists of Sluice, and pages of them, are reset in the middle.
// "half-pages": the same, but for first pages, which pass: what follows them does not come.
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:https";

const [listenPort, serverPort, certificate, key, modeFile, callsFile] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
const underWay = new Set();
const breaking = ["storm", "silent", "reset"];
const pieceBytes = 300;
const pieceMs = 20;
/** By mode: how many lists were reset in the middle. */
const halved = {};
let mode = "pass";

setInterval(() => {
  writeFileSync(callsFile, String(underWay.size));
  const now = readFileSync(modeFile, "utf8").trim();
  if (now === mode || now === "") return;
  const counted = halved[mode] === undefined ? "" : `, ${halved[mode]} lists were halved in ${mode}`;
  mode = now;
  console.log(`${mode} begins: ${breaking.includes(mode) ? breakOff() : 0} calls were under way${counted}`);
}, 20);

function breakOff() {
  const broken = [...underWay];
  underWay.clear();
  for (const { call, answer } of broken) {
    call.destroy();
    if (mode === "storm") answer.destroy();
    if (mode === "reset") resetConnection(answer);
  }
  return broken.length;
}

function resetConnection(answer) {
  const { socket } = answer;
  if (socket === null) return;
  // Under TLS lies the socket that can be reset.
  (socket._parent ?? socket).resetAndDestroy();
}

/** Sluice asks for all there is from a version on, or for pages of it. */
function isHalved(url) {
  const { searchParams } = new URL(url, "https://api");
  if (searchParams.get("watch") === "true") return false;
  const all = searchParams.has("resourceVersion");
  if (mode === "half-pages") return all || searchParams.has("continue");
  return mode === "half" && (all || searchParams.has("limit"));
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (asked, answer) => {
  if (mode === "silent") return;
  if (mode === "storm") {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", message: "storm", code: 500 };
    answer.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify(body));
    return;
  }
  const { method, url, headers } = asked;
  const halve = isHalved(url);
  const call = request({ agent, host: "127.0.0.1", port: serverPort, method, path: url, headers });
  const one = { call, answer };
  underWay.add(one);
  call.on("response", (response) => {
    if (!underWay.has(one)) return;
    answer.writeHead(response.statusCode, response.headers);
    // Beginnings of watches are waited for.
    answer.flushHeaders();
    response.on("error", () => underWay.delete(one) && answer.destroy());
    const broken = () => underWay.delete(one) && answer.destroy();
    if (halve) sendHalf(response, one).catch(broken);
    else if (mode === "slow") sendSlowly(response, one).catch(broken);
    else {
      response.on("data", (part) => underWay.has(one) && answer.write(part));
      response.on("end", () => underWay.delete(one) && answer.end());
    }
  });
  call.on("error", () => underWay.delete(one) && answer.destroy());
  answer.on("close", () => {
    underWay.delete(one);
    call.destroy();
  });
  asked.pipe(call);
});

async function sendHalf(response, one) {
  const parts = [];
  for await (const part of response) parts.push(part);
  const body = Buffer.concat(parts);
  halved[mode] = (halved[mode] ?? 0) + 1;
  one.answer.write(body.subarray(0, body.length / 2), () => resetConnection(one.answer));
}

async function sendSlowly(response, one) {
  for await (const part of response) {
    for (let at = 0; at < part.length && underWay.has(one); at += pieceBytes) {
      await new Promise((resolve) => setTimeout(resolve, pieceMs));
      one.answer.write(part.subarray(at, at + pieceBytes));
    }
  }
  if (underWay.delete(one)) one.answer.end();
}

// A silent call is not to be ended by us.
server.requestTimeout = 0;
server.keepAliveTimeout = 300_000;
server.listen(Number(listenPort), "127.0.0.1", () => console.log("listening"));
