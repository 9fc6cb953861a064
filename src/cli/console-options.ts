import { isLoopback } from "../console/local-only.ts";
import { type ListenAddress, parseListenOption } from "./parse-listen-option.ts";
import { parseOptions, UsageError } from "./parse-options.ts";

export const consoleHelp = `Serves the console: a page and a JSON API that show datasets, pods and why admission does what it does.
Nothing is ever written. Who may see what is the cluster's answer to the token that a visitor brings.

Usage
  sluice console [OPTIONS]

Options
      --cluster DIR            folder of manifests that stands for the cluster: datasets and "why", no pods;
                               no token is asked for, so it is served on this machine only
      --kubeconfig FILE        how to reach the cluster (default: KUBECONFIG, a pod's ServiceAccount or
                               ~/.kube/config)
      --context NAME           context of the kubeconfig
      --listen ADDR:PORT       where the page is served, plain HTTP (default 127.0.0.1:8090)
      --ops-listen ADDR:PORT   plain HTTP for /healthz, /readyz and /metrics (default 127.0.0.1:8082)
      --audience NAME          whom visitors' tokens have to be made for (default "sluice-console")
      --config FILE            configuration (YAML), as for "sluice serve"
  -h, --help                   this help

One line on standard output tells when and where the page is served. The log goes to standard error. SIGTERM
and SIGINT stop it.

Exit codes
  0  stopped as asked
  1  could not start: the address cannot be used
  2  wrong usage, or input that cannot be read

Examples
  sluice console --cluster cluster/
  kubectl create token me --audience sluice-console    # what to sign in with
`;

export interface ConsoleCommandOptions {
  /** Folder of manifests; undefined for a live API server. */
  readonly cluster: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly listen: ListenAddress;
  readonly opsListen: ListenAddress;
  readonly audience: string;
  readonly config: string | undefined;
}

/** Reads the arguments of `sluice console`; "help" when that is asked for. Throws `UsageError`. */
export function readConsoleOptions(argv: readonly string[]): ConsoleCommandOptions | "help" {
  const values = parseOptions(argv, {
    cluster: { type: "string" },
    kubeconfig: { type: "string" },
    context: { type: "string" },
    listen: { type: "string", default: "127.0.0.1:8090" },
    "ops-listen": { type: "string", default: "127.0.0.1:8082" },
    audience: { type: "string", default: "sluice-console" },
    config: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return "help";
  const { cluster, kubeconfig, context, audience, config } = values;
  const listen = parseListenOption("--listen", values.listen);
  if (audience === "") throw new UsageError("--audience cannot be empty: name whom tokens are made for");
  if (cluster !== undefined && !isLoopback(listen.host))
    throw new UsageError(
      `--listen ${values.listen}: with --cluster no token is asked for, so only 127.0.0.1, [::1] or localhost will do`,
    );
  if (cluster !== undefined && (kubeconfig !== undefined || context !== undefined))
    throw new UsageError(
      "--cluster names a folder, --kubeconfig and --context a live cluster: give one of them",
    );
  const opsListen = parseListenOption("--ops-listen", values["ops-listen"]);
  return { cluster, kubeconfig, context, listen, opsListen, audience, config };
}
