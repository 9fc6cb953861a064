import { Readable, Writable } from "node:stream";
import type { Command, CommandIo } from "../../src/cli/command-io.ts";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process with streams of its own. */
export async function runCaptured(
  command: Command,
  argv: string[],
  options: {
    stdin?: string;
    env?: Record<string, string>;
    color?: boolean;
    program?: string;
    stop?: AbortSignal;
    onStdout?: (text: string) => void;
    onStderr?: (text: string) => void;
  } = {},
): Promise<CommandResult> {
  const stdout = capture(options.onStdout);
  const stderr = capture(options.onStderr);
  const io: CommandIo = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    color: options.color ?? false,
    ...(options.program === undefined ? {} : { program: options.program }),
    stop: options.stop ?? new AbortController().signal,
  };
  const code = await command(argv, io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A command that goes on until it is stopped. */
export interface StartedCommand {
  /** What it has written so far. */
  readonly out: { readonly stdout: string; readonly stderr: string };
  readonly code: Promise<number>;
  /** Its reason is the signal's name. */
  readonly stop: AbortController;
}

/** Starts a command in this process with streams of its own. */
export function startCaptured(
  command: Command,
  argv: string[],
  env: Readonly<Record<string, string>>,
): StartedCommand {
  const stop = new AbortController();
  const out = { stdout: "", stderr: "" };
  const onStdout = (text: string) => {
    out.stdout = text;
  };
  const onStderr = (text: string) => {
    out.stderr = text;
  };
  const run = runCaptured(command, argv, { env, stop: stop.signal, onStdout, onStderr });
  return { out, code: run.then(({ code }) => code), stop };
}

function capture(onText?: (text: string) => void): { stream: Writable; text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      onText?.(text);
      done();
    },
  });
  return { stream, text: () => text };
}
