// Runs inside the sandbox: a webhook that lets pods in only after some calls, and says what it was asked.
//   node retry-later.js CERTIFICATE KEY ADDRESS:PORT...
// The pod's label "refusals" is how often it is answered 503 first, "retry-after" what that answer says of it; with
// "close" the connection ends with the answer. Prints "POD ADDRESS STATUS MILLISECONDS" for each call.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [certificate, key, ...addresses] = process.argv.slice(2);
const calls = new Map();

function review(asked, answer, address) {
  let text = "";
  asked.on("data", (part) => {
    text += part;
  });
  asked.on("end", () => {
    const { request, apiVersion, kind } = JSON.parse(text);
    const { name, labels } = request.object.metadata;
    const call = (calls.get(name) ?? 0) + 1;
    calls.set(name, call);
    const later = call <= Number(labels.refusals);
    const status = later ? 503 : 200;
    console.log(`${name} ${address} ${status} ${Math.round(performance.now())}`);
    const said = labels["retry-after"];
    answer.writeHead(status, {
      "content-type": "application/json",
      ...(later && said !== undefined ? { "retry-after": said } : {}),
      ...(labels.close === undefined ? {} : { connection: "close" }),
    });
    const response = { uid: request.uid, allowed: true };
    answer.end(JSON.stringify(later ? { message: "come back" } : { apiVersion, kind, response }));
  });
}

let left = addresses.length;
for (const address of addresses) {
  const [host, port] = address.split(":");
  const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
  createServer(tls, (asked, answer) => review(asked, answer, address)).listen(Number(port), host, () => {
    left--;
    if (left === 0) console.log("listening");
  });
}
