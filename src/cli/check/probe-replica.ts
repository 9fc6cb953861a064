import type { X509Certificate } from "node:crypto";
import { get } from "node:http";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { reasonOf } from "../../cluster/api-error.ts";
import { forwardPort } from "../../cluster/port-forward.ts";
import { objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { ApiReader } from "./api-reader.ts";
import type { OpsReport, ReplicaFacts, ServedChain } from "./facts.ts";
import { serverName } from "./installed-names.ts";
import { parseMetrics } from "./parse-metrics.ts";

const answerMs = 8_000;
const longestPage = 4 * 1024 * 1024;

/** Asks one of our pods, by port-forward, how it is and by which certificate it answers reviews. */
export async function probeReplica(
  reader: ApiReader,
  namespace: string,
  pod: RawObject,
): Promise<ReplicaFacts> {
  const name = textAt(pod, "metadata", "name") ?? "";
  const forward = <T>(portName: string, use: (stream: Duplex, signal: AbortSignal) => Promise<T>) =>
    reader.read(`pod ${name}, port ${portName}`, async () => {
      const signal = AbortSignal.timeout(answerMs);
      const port = portOf(pod, portName);
      const stream = await forwardPort(
        reader.connection,
        { namespace, pod: name, port },
        { answerMs, signal },
      );
      const stop = () => stream.destroy(new Error(`no answer for ${answerMs / 1_000} s`));
      signal.addEventListener("abort", stop, { once: true });
      try {
        return await use(stream, signal);
      } finally {
        signal.removeEventListener("abort", stop);
        stream.destroy();
      }
    });
  const [served, ready, metrics] = await Promise.all([
    forward("https", (stream) => shakeHands(stream, serverName(namespace))),
    forward("ops", (stream) => getPage(stream, "/readyz")),
    forward("ops", (stream) => getPage(stream, "/metrics")),
  ]);
  if ("problem" in ready) return { name, served, ops: ready };
  if ("problem" in metrics) return { name, served, ops: metrics };
  const report: OpsReport = {
    notReady: ready.value.status === 200 ? undefined : ready.value.text.trim(),
    metrics: parseMetrics(metrics.value.text),
    now: Date.parse(metrics.value.date) || Date.now(),
  };
  return { name, served, ops: { value: report } };
}

function portOf(pod: RawObject, name: string): number {
  const ports = objectsAt(pod, "spec", "containers").flatMap((container) => objectsAt(container, "ports"));
  const port = ports.find((entry) => entry["name"] === name)?.["containerPort"];
  if (typeof port !== "number") throw new Error(`the pod has no port named ${name}`);
  return port;
}

/** What is sent in a TLS handshake: it is looked at, not trusted. */
function shakeHands(stream: Duplex, servername: string): Promise<ServedChain> {
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    const tls = connect({
      socket: stream,
      servername,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    tls.on("error", (error) => reject(new Error(`no TLS handshake: ${reasonOf(error)}`)));
    tls.once("secureConnect", () => {
      const serving = tls.getPeerX509Certificate();
      if (serving === undefined) reject(new Error("it sent no certificate"));
      else resolve({ serving, intermediates: issuersOf(serving) });
      tls.destroy();
    });
  });
}

function issuersOf(serving: X509Certificate): X509Certificate[] {
  const issuers: X509Certificate[] = [];
  for (let one = serving.issuerCertificate; one !== undefined; one = one.issuerCertificate) {
    if (issuers.some(({ fingerprint256 }) => fingerprint256 === one?.fingerprint256)) break;
    issuers.push(one);
  }
  return issuers;
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly date: string;
}

function getPage(stream: Duplex, path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    const headers = { host: "localhost", connection: "close" };
    get({ path, headers, createConnection: () => stream }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > longestPage) response.destroy(new Error(`${path} is longer than 4 MiB`));
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text, date: response.headers.date ?? "" }),
      );
    }).on("error", reject);
  });
}
