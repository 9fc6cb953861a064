import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandIo } from "./command-io.ts";
import { trainingPod } from "./demo-pods.ts";
import { demoScenes } from "./demo-scenes.ts";
import { type DemoServer, startDemoServer } from "./demo-server.ts";
import { help } from "./help.ts";
import { type Paint, paintWith } from "./paint.ts";
import { parseOptions } from "./parse-options.ts";
import { createReview, postReview } from "./post-review.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";

/** `sluice demo`: the whole way of a pod through the webhook, on a small cluster of its own. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("demo", io, async () => {
    const options = parseOptions(argv, {
      keep: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    });
    if (options.help) {
      await printHelp(io, help.demo);
      return 0;
    }
    const folder = await mkdtemp(join(tmpdir(), "sluice-demo-"));
    try {
      return await show(folder, options.keep ?? false, io);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function show(folder: string, keep: boolean, io: CommandIo): Promise<number> {
  const paint = paintWith(io.color);
  const say = (text: string): Promise<void> => print(io.stdout, text);
  await say(introduce(paint));

  await say(
    `\n${paint("bold", "Starting the webhook")}\n    making a certificate authority and a certificate, reading the cluster\n`,
  );
  const begin = performance.now();
  const server = await startDemoServer(folder, io);
  try {
    await say(`    ready after ${Math.round(performance.now() - begin)} ms on ${server.url}\n`);
    await showScenes(server, io, paint, say);
    if (keep && !io.stop.aborted) await keepRunning(server, folder, io, say);
  } finally {
    await server.stop();
  }
  return keep || !io.stop.aborted ? 0 : 130;
}

function introduce(paint: Paint): string {
  return `${paint("bold", "A small cluster")}: nodes node-a, node-b and node-c; a namespace "demo" labelled
sluice.io/injection=enabled; four datasets, each with its claim, volume, runtime and DaemonSet:
    imagenet     AlluxioRuntime  cache on node-a
    corpus       JindoRuntime    cache on node-b
    checkpoints  JuiceFSRuntime  cache on node-a, node-b
    models       ThinRuntime     no cache workers
`;
}

async function showScenes(
  server: DemoServer,
  io: CommandIo,
  paint: Paint,
  say: (text: string) => Promise<void>,
): Promise<void> {
  const agent = new Agent({ ca: await readFile(server.authorityFile), keepAlive: true });
  try {
    for (const [index, { title, pod, show: showReply }] of demoScenes.entries()) {
      if (io.stop.aborted) return;
      const reply = await postReview(server.url, createReview(pod), agent);
      const connection =
        index === 0 ? `, with connecting by ${reply.protocol} and checking the certificate` : "";
      await say(`\n${paint("bold", title)}\n\n${showReply(pod, reply, paint)}\n`);
      await say(`${paint("dim", `    answered in ${reply.milliseconds.toFixed(1)} ms${connection}`)}\n`);
    }
  } finally {
    agent.destroy();
  }
}

async function keepRunning(
  server: DemoServer,
  folder: string,
  io: CommandIo,
  say: (text: string) => Promise<void>,
): Promise<void> {
  const review = join(folder, "review.json");
  await writeFile(review, JSON.stringify(createReview(trainingPod), null, 2));
  await say(
    [
      "\nThe webhook goes on running; Ctrl-C ends it and removes its files. Try it from another terminal:\n\n",
      `  curl --cacert ${server.authorityFile} -H 'Content-Type: application/json' \\\n`,
      `    --data @${review} ${server.url}\n`,
    ].join(""),
  );
  if (io.stop.aborted) return;
  await new Promise<void>((resolve) => io.stop.addEventListener("abort", () => resolve(), { once: true }));
}
