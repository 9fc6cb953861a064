import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { CommandIo } from "./command-io.ts";
import { demoClusterFiles } from "./demo-cluster.ts";
import { run as serve } from "./serve.ts";

/** The webhook of the demo: `sluice serve` itself, in this process. */
export interface DemoServer {
  /** Where reviews are posted, "https://127.0.0.1:41234/mutate". */
  readonly url: string;
  /** The certificate of the authority that signed the webhook's. */
  readonly authorityFile: string;
  stop(): Promise<void>;
}

/** Writes the demo's cluster into `folder` and starts the webhook over it on a free loopback port. */
export async function startDemoServer(folder: string, io: CommandIo): Promise<DemoServer> {
  const cluster = join(folder, "cluster");
  const certificates = join(folder, "certs");
  await mkdir(cluster, { recursive: true });
  for (const [name, text] of demoClusterFiles) await writeFile(join(cluster, name), text);
  const config = join(folder, "config.yaml");
  await writeFile(config, 'kubernetesVersion: "1.33"\nlogLevel: warn\n');

  const stop = new AbortController();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const log = collect(stderr);
  const argv = [
    ...["--cluster", cluster, "--cert-dir", certificates, "--config", config],
    ...["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"],
  ];
  const ended = serve(argv, { ...io, stdout, stderr, color: false, stop: stop.signal });
  const url = await Promise.race([readUrl(stdout), ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`the webhook did not start: ${log.text().trim()}`);
  return {
    url: `${url}/mutate`,
    authorityFile: join(certificates, "ca.crt"),
    stop: async () => {
      // As by Ctrl-C: nobody else sends reviews, so nobody has to be waited for.
      stop.abort("SIGINT");
      await ended;
    },
  };
}

function collect(stream: PassThrough): { text(): string } {
  const chunks: string[] = [];
  stream.on("data", (chunk) => chunks.push(String(chunk)));
  return { text: () => chunks.join("") };
}

/** The address in the line by which the webhook says that it is ready. */
function readUrl(stdout: PassThrough): Promise<string> {
  return new Promise((resolve) => {
    stdout.on("data", (chunk) => {
      const url = /https:\/\/[^\s)]+/.exec(String(chunk))?.[0];
      if (url !== undefined) resolve(url);
    });
  });
}
