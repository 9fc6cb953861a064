#!/usr/bin/env node
import type { Command, CommandIo } from "./cli/command-io.ts";
import { help } from "./cli/help.ts";
import { printHelp } from "./cli/print-help.ts";
import { suggest } from "./cli/suggest.ts";
import { version } from "./version.ts";

// Each command is only loaded when it is called for.
const commands: Readonly<Record<string, () => Promise<{ readonly run: Command }>>> = {
  serve: () => import("./cli/serve.ts"),
  controllers: () => import("./cli/controllers.ts"),
  console: () => import("./cli/console.ts"),
  audit: () => import("./cli/audit.ts"),
  inject: () => import("./cli/inject.ts"),
  explain: () => import("./cli/explain.ts"),
  diff: () => import("./cli/diff.ts"),
  uninject: () => import("./cli/uninject.ts"),
  check: () => import("./cli/check.ts"),
  demo: () => import("./cli/demo.ts"),
  completion: () => import("./cli/completion.ts"),
};

/** Asked for by programs, not by people. */
const hiddenCommands: typeof commands = { __complete: () => import("./cli/complete.ts") };

async function main([name = "--help", ...argv]: string[], io: CommandIo): Promise<number> {
  const known = { ...hiddenCommands, ...commands };
  const command = Object.hasOwn(known, name) ? known[name] : undefined;
  if (command !== undefined) return (await command()).run(argv, io);
  if (["help", "--help", "-h"].includes(name)) {
    await printHelp(io, help[""]);
    return 0;
  }
  if (name === "--version") {
    io.stdout.write(`sluice ${version}\n`);
    return 0;
  }
  const what = name.startsWith("-") ? "option" : "command";
  const near = suggest(name, what === "option" ? ["--help", "--version"] : Object.keys(commands));
  const { program = "sluice" } = io;
  io.stderr.write(`${program}: there is no ${what} "${name}"${near}\nSee "${program} --help".\n`);
  return 2;
}

/** Aborted by the first SIGTERM or SIGINT, with the signal's name as the reason; the second one ends the process. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort(signal));
  return stop.signal;
}

function processIo(): CommandIo {
  const { argv, env, stdin, stdout, stderr } = process;
  const forced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  let stop: AbortSignal | undefined;
  return {
    stdin,
    stdout,
    stderr,
    env,
    // kubectl calls a plugin by its file's name.
    program: /(^|[/\\])kubectl-sluice$/.test(argv[1] ?? "") ? "kubectl sluice" : "sluice",
    color: (env["NO_COLOR"] ?? "") === "" && (forced || stdout.isTTY === true),
    get stop() {
      // Commands that do not ask for it are ended by the signals, as usual.
      stop ??= stopSignal();
      return stop;
    },
  };
}

try {
  process.exit(await main(process.argv.slice(2), processIo()));
} catch (error) {
  process.stderr.write(
    `sluice: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
