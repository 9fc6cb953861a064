import { parseOptions, UsageError } from "../../../src/cli/parse-options.ts";

export const benchClusterHelp = `Measures Sluice in a cluster: a real API server, etcd, scheduler and controller manager, all on this machine.

Usage
  npm run bench:cluster -- [OPTIONS]

Options
      --rounds N       how often each row is measured, in turn with the others; medians are told (default 5)
      --seconds S      length of one measurement of pod creations (default 2)
      --datasets N     the largest cluster (default 10000; 10 and 1000 are measured too where N is larger)
      --json FILE      write everything that was measured into FILE
      --profile FILE   write the API server's CPU profile of 20 s of injecting into FILE, for "go tool pprof -top -cum FILE"
      --smoke          about a minute, to see that all of it works; the figures mean nothing
  -h, --help           this help

Needs Linux, the right to make network namespaces (root), and the control plane's programs, which npm run e2e builds.
The table goes to standard output, progress to standard error. Exit code 1 when a pod was not what it had to be; how
fast it was made changes no exit code.
`;

export interface BenchClusterOptions {
  readonly rounds: number;
  /** Of pod creations in one measurement. */
  readonly seconds: number;
  /** How many creations are under way at once. */
  readonly workers: readonly number[];
  /** Of the Deployment. */
  readonly replicas: number;
  /** How often the Deployment is rolled out, plain and with Sluice each. */
  readonly rollouts: number;
  /** Sizes of the cluster, in datasets; growing. */
  readonly sizes: readonly number[];
  /** How often Sluice is started over a cluster of each size. */
  readonly starts: number;
  readonly json: string | undefined;
  /** Where to write the API server's CPU profile. */
  readonly profile: string | undefined;
}

/** Reads the arguments; "help" when that is asked for. Throws `UsageError`. */
export function readBenchClusterOptions(argv: readonly string[]): BenchClusterOptions | "help" {
  const values = parseOptions(argv, {
    rounds: { type: "string" },
    seconds: { type: "string" },
    datasets: { type: "string" },
    json: { type: "string" },
    profile: { type: "string" },
    smoke: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return "help";
  const smoke = values.smoke === true;
  const rounds = positive("--rounds", values.rounds, smoke ? 1 : 5, 100);
  const largest = positive("--datasets", values.datasets, smoke ? 30 : 10_000, 10_000);
  return {
    rounds: whole("--rounds", rounds),
    seconds: positive("--seconds", values.seconds, smoke ? 0.2 : 2, 60),
    workers: smoke ? [1, 8] : [1, 8, 32],
    replicas: smoke ? 20 : 300,
    rollouts: Math.min(rounds, 3),
    sizes: [...[10, 1_000].filter((size) => size < largest), whole("--datasets", largest)],
    starts: smoke ? 1 : 5,
    json: values.json,
    profile: values.profile,
  };
}

function whole(option: string, value: number): number {
  if (!Number.isInteger(value)) throw new UsageError(`${option} ${value} is not a whole number`);
  return value;
}

function positive(option: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0 && value <= most))
    throw new UsageError(`${option} ${text} is not a number above 0 and up to ${most}`);
  return value;
}
