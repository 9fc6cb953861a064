import { parseOptions, UsageError } from "../../src/cli/parse-options.ts";

export const benchHelp = `Measures the webhook against a bare TLS echo of the same reviews, all on this machine.

Usage
  npm run bench -- [OPTIONS]

Options
      --rounds N       how often each row is measured, in turn with the others; medians are told (default 5)
      --seconds S      length of one measurement (default 2)
      --profile DIR    leave a CPU profile of each webhook in DIR (.cpuprofile)
      --json FILE      write everything that was measured into FILE
      --smoke          a second or so, to see that all of it works; the figures mean nothing
  -h, --help           this help

The table goes to standard output, progress to standard error. Exit code 1 when an answer was wrong; how fast the
answers were changes no exit code.
`;

export interface BenchOptions {
  readonly rounds: number;
  /** Of load in one measurement. */
  readonly seconds: number;
  /** How many fresh servers are started for the first admission, for each way of connecting. */
  readonly starts: number;
  /** Keep-alive connections. */
  readonly connections: readonly number[];
  /** Sizes of the cluster, in datasets. */
  readonly sizes: readonly number[];
  readonly profile: string | undefined;
  readonly json: string | undefined;
}

/** Reads the arguments; "help" when that is asked for. Throws `UsageError`. */
export function readBenchOptions(argv: readonly string[]): BenchOptions | "help" {
  const values = parseOptions(argv, {
    rounds: { type: "string" },
    seconds: { type: "string" },
    profile: { type: "string" },
    json: { type: "string" },
    smoke: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return "help";
  const smoke = values.smoke === true;
  return {
    rounds: positive("--rounds", values.rounds, smoke ? 1 : 5, 100),
    seconds: positive("--seconds", values.seconds, smoke ? 0.05 : 2, 60),
    starts: smoke ? 1 : 7,
    connections: smoke ? [1, 8] : [1, 8, 32],
    sizes: smoke ? [10, 40] : [10, 1_000, 10_000],
    profile: values.profile,
    json: values.json,
  };
}

function positive(option: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0 && value <= most) || (option === "--rounds" && !Number.isInteger(value)))
    throw new UsageError(`${option} ${text} is not a number above 0 and up to ${most}`);
  return value;
}
