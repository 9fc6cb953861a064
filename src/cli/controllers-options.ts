import { type ListenAddress, parseListenOption } from "./parse-listen-option.ts";
import { parseOptions, UsageError } from "./parse-options.ts";

export const controllersHelp = `Does the background work beside the webhook: ends classic clients of finished pods, lets pods wait for a warm
cache, keeps what clients need in their namespaces. Several may run; one of them leads, by a Lease, and the
others stand by.

Usage
  sluice controllers [OPTIONS]

Options
      --config FILE            configuration (YAML), as for "sluice serve"
      --kubeconfig FILE        how to reach the cluster (default: KUBECONFIG, a pod's ServiceAccount, ~/.kube/config)
      --context NAME           context of the kubeconfig
  -n, --namespace NAME         where the Lease "sluice-controllers" is (default: the pod's own, or "sluice-system")
      --ops-listen ADDR:PORT   plain HTTP for /healthz, /readyz and /metrics (default 127.0.0.1:8081)
  -h, --help                   this help

One line on standard output tells when the process stands by. The log goes to standard error. SIGTERM and SIGINT
stop it; a leader gives the Lease away, so that the next one goes on at once.

Exit codes
  0  stopped as asked
  1  could not start: the address cannot be used
  2  wrong usage, or input that cannot be read

Examples
  sluice controllers --config sluice.yaml
  sluice controllers --kubeconfig admin.conf --namespace sluice-system
`;

export interface ControllersCommandOptions {
  readonly config: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly opsListen: ListenAddress;
}

/** Reads the arguments of `sluice controllers`; "help" when that is asked for. Throws `UsageError`. */
export function readControllersOptions(argv: readonly string[]): ControllersCommandOptions | "help" {
  const values = parseOptions(argv, {
    config: { type: "string" },
    kubeconfig: { type: "string" },
    context: { type: "string" },
    namespace: { type: "string", short: "n" },
    "ops-listen": { type: "string", default: "127.0.0.1:8081" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return "help";
  const { config, kubeconfig, context, namespace } = values;
  // Kubernetes: docs, "Object Names and IDs" (DNS label names).
  if (namespace !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    throw new UsageError(`--namespace ${JSON.stringify(namespace)} cannot be the name of a namespace`);
  return {
    config,
    kubeconfig,
    context,
    namespace,
    opsListen: parseListenOption("--ops-listen", values["ops-listen"]),
  };
}
