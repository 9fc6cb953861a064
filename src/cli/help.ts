const commonOptions = `
  -f, --filename FILE    manifests to read, "-" for standard input; may be given several times
      --cluster DIR      folder of manifests (claims, volumes, datasets, runtimes, DaemonSets, nodes,
                         namespaces) that stands for the cluster; without it the kubeconfig's is read
      --config FILE      configuration, as for "sluice serve"
  -n, --namespace NAME   namespace of objects that state none (default "default")`;

const exitCodes = `
Exit codes
  0  nothing was refused
  1  something was refused
  2  wrong usage, or input that cannot be read`;

/** The help of each subcommand, "" being that of sluice itself. */
export const help = {
  "": `Gives Kubernetes pods their cached datasets as sidecars and steers them to the nodes that hold the cache.

Usage
  sluice COMMAND [OPTIONS]

Commands
  serve        the admission webhook
  controllers  the background work beside it, done by one leader
  console      a page that shows datasets, pods and why, read-only
  audit        which pods ask for datasets and run without them
  inject       inject into manifests: pods and workloads with pod templates
  explain      tell in words what would be done with a manifest, and why
  check        is the installation in a cluster healthy, and what to do if not
  demo         see the whole way at work, on a small cluster of its own

Options
  -h, --help       this help; "sluice COMMAND --help" for a command's own
      --version    the version

Examples
  sluice demo
  sluice explain -f pod.yaml --cluster cluster/
  sluice inject -f deployment.yaml --cluster cluster/ | kubectl apply -f -
`,
  inject: `Injects dataset clients into manifests, as the webhook would into their pods.

Usage
  sluice inject -f FILE|- [--cluster DIR] [OPTIONS]

Options${commonOptions}
  -o, --output FORMAT    yaml (default; comments stay), json, or patch (JSON patch for each object)
  -h, --help             this help

Pods, Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs,
PodTemplates and Lists of them are looked at; everything else passes through as it is.
The manifests go to standard output, one line about each object to standard error. A refused object
is left out of the output.
${exitCodes}

Examples
  sluice inject -f train.yaml --cluster cluster/ > injected.yaml
  kubectl get deploy train -o yaml | sluice inject -f - --cluster cluster/ -o patch
`,
  explain: `Tells in words what would be done with the pods of a manifest, and why.

Usage
  sluice explain -f FILE|- [--cluster DIR] [OPTIONS]

Options${commonOptions}
  -o, --output FORMAT    text (default) or json (the decisions, for machines)
  -h, --help             this help
${exitCodes}

Examples
  sluice explain -f train.yaml --cluster cluster/
  sluice explain -f train.yaml --cluster cluster/ -o json | jq '.[].verdict'
`,
  check: `Looks whether Sluice is well installed in a cluster: API server, registration, certificates as they are
really served, permissions, replicas, other webhooks. Nothing is changed.

Usage
  sluice check [OPTIONS]

Options
      --kubeconfig FILE    how to reach the cluster (default: KUBECONFIG, a pod's ServiceAccount, ~/.kube/config)
      --context NAME       context of the kubeconfig
  -n, --namespace NAME     where Sluice is installed (default "sluice-system")
  -o, --output FORMAT      text (default) or json
  -h, --help               this help

Each line is ✓ well, ! works but not as it could, or could not be looked at, ✗ does not work; the latter two
with what to do. The replicas are asked over port-forward, and the ServiceAccount's rights by
SubjectAccessReviews: an administrator may do both. With fewer rights the lines say what was not seen.

Exit codes
  0  nothing is ✗
  1  something is ✗
  2  wrong usage, or the API server cannot be reached

Examples
  sluice check
  sluice check --context production -o json | jq '.results[] | select(.level != "ok")'
`,
  audit: `Tells which pods ask for datasets and run without a client for them: made before the namespace's label, or
while no webhook answered. Each pod is decided about as it stands; nothing is changed.

Usage
  sluice audit [OPTIONS]

Options
  -n, --namespace NAME         look there only; may be given several times (default: all namespaces)
  -o, --output FORMAT          table (default) or json
      --config FILE            configuration, as for "sluice serve" (default: that of the installation)
      --installed-in NAME      where Sluice is installed (default "sluice-system")
      --kubeconfig FILE        how to reach the cluster (default: KUBECONFIG, a pod's ServiceAccount, ~/.kube/config)
      --context NAME           context of the kubeconfig
  -h, --help                   this help

Pods that have ended are not looked at. What decisions rest on is read as the webhook reads it: whoever may not is
told which right is missing.

Exit codes
  0  no such pod
  1  there are such pods
  2  wrong usage, or the cluster cannot be read
  3  no such pod, but not everywhere may be looked

Examples
  sluice audit
  sluice audit -n research -n vision
  sluice audit -o json | jq -r '.pods[].remedy' | sort -u
`,
  demo: `Shows the whole way at work: makes certificates, starts the webhook over a small cluster of its own,
sends it admission reviews over TLS, and shows what it makes of the pods. Nothing is left behind.

Usage
  sluice demo [OPTIONS]

Options
      --keep    leave the webhook running until Ctrl-C, and print a curl line to try it with
  -h, --help    this help

Colours are for terminals; FORCE_COLOR=1 gives them anyway, NO_COLOR=1 never.
`,
} as const;
