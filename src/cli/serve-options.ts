import { type ListenAddress, parseListenOption } from "./parse-listen-option.ts";
import { parseOptions, UsageError } from "./parse-options.ts";

export const serveHelp = `Answers the API server's admission reviews over HTTPS: the webhook itself.

Usage
  sluice serve [OPTIONS]

Options
      --cluster DIR            folder of manifests (claims, volumes, datasets, runtimes, DaemonSets, nodes,
                               namespaces) that stands for the cluster; changes in it are picked up.
                               Without it the API server is watched that KUBECONFIG, the pod's ServiceAccount
                               or ~/.kube/config names
      --listen ADDR:PORT       where reviews are answered (default 127.0.0.1:8443; ":8443" is every address)
      --ops-listen ADDR:PORT   plain HTTP for /healthz, /readyz and /metrics (default 127.0.0.1:8080)
      --cert-dir DIR           tls.crt and tls.key to serve with; made there, with a CA in ca.crt and ca.key,
                               when it holds none, and read again when they change. Default: "certs" with
                               --cluster; else the configuration decides, which by default makes certificates,
                               shares them in a Secret and keeps the registration's caBundle right
      --config FILE            configuration (YAML)
      --drain-seconds SECONDS  how long to go on serving after SIGTERM before connections close (default 5)
  -h, --help                   this help

Port 0 takes a free port. One line on standard output tells when and where reviews are answered: when the
cluster has been read once and, without --cluster, the API server trusts what is served; until then /readyz
says what is waited for. The log goes to standard error. SIGTERM and SIGINT (which does not wait) stop it:
what is in flight is answered.

Exit codes
  0  stopped as asked
  1  could not start: certificates or addresses cannot be used
  2  wrong usage, or input that cannot be read

Examples
  sluice serve --cluster cluster/ --cert-dir /tmp/certs
  KUBECONFIG=admin.conf sluice serve --config sluice.yaml --listen :8443
`;

export interface ServeOptions {
  /** Folder of manifests; undefined for a live API server. */
  readonly cluster: string | undefined;
  readonly listen: ListenAddress;
  readonly opsListen: ListenAddress;
  readonly certDir: string | undefined;
  readonly config: string | undefined;
  readonly drainMs: number;
}

/** Reads the arguments of `sluice serve`; "help" when that is asked for. Throws `UsageError`. */
export function readServeOptions(argv: readonly string[]): ServeOptions | "help" {
  const values = parseOptions(argv, {
    cluster: { type: "string" },
    listen: { type: "string", default: "127.0.0.1:8443" },
    "ops-listen": { type: "string", default: "127.0.0.1:8080" },
    "cert-dir": { type: "string" },
    config: { type: "string" },
    "drain-seconds": { type: "string", default: "5" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return "help";
  const drainSeconds = values["drain-seconds"];
  if (!/^\d{1,3}$/.test(drainSeconds)) {
    throw new UsageError(`--drain-seconds ${drainSeconds} is not a whole number of seconds from 0 to 999`);
  }
  return {
    cluster: values.cluster,
    listen: parseListenOption("--listen", values.listen),
    opsListen: parseListenOption("--ops-listen", values["ops-listen"]),
    certDir: values["cert-dir"],
    config: values.config,
    drainMs: Number(drainSeconds) * 1000,
  };
}
