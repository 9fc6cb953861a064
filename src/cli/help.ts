const commonOptions = `
  -f, --filename FILE      manifests to read, "-" for standard input; may be given several times
      --cluster DIR        folder of manifests (claims, volumes, datasets, runtimes, DaemonSets, nodes,
                           namespaces) that stands for the cluster; without it the kubeconfig's is read
      --config FILE        configuration, as for "sluice serve" (default: that of the installation in the
                           cluster; with --cluster what holds without any)
      --installed-in NAME  where Sluice is installed in the cluster (default "sluice-system")
      --kubeconfig FILE    how to reach the cluster (default: KUBECONFIG, a pod's own, ~/.kube/config)
      --context NAME       context of the kubeconfig
  -n, --namespace NAME     namespace of objects that state none (default "default")`;

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
  audit        which pods ask for datasets and run without them, or off their caches
  inject       inject into manifests: pods and workloads with pod templates
  explain      tell in words what would be done with a manifest, or how an object stands, and why
  diff         show what admission would change in manifests
  uninject     take out of manifests what was injected
  check        is the installation in a cluster healthy, and what to do if not
  demo         see the whole way at work, on a small cluster of its own
  completion   print a script by which bash, zsh, fish or kubectl complete commands and options

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
  -o, --output FORMAT      yaml (default; comments stay), json, or patch (JSON patch for each object)
  -h, --help               this help

Pods, Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs,
PodTemplates and Lists of them are looked at; everything else passes through as it is.
The manifests go to standard output, one line about each object to standard error. A refused object
is left out of the output.
${exitCodes}

Examples
  sluice inject -f train.yaml --cluster cluster/ > injected.yaml
  kubectl get deploy train -o yaml | sluice inject -f - --cluster cluster/ -o patch
`,
  explain: `Tells in words what would be done with the pods of a manifest, and why; or how a pod, workload, claim or
dataset of the cluster stands: what was decided, what would be decided now, and how its clients are.

Usage
  sluice explain -f FILE|- [--cluster DIR] [OPTIONS]
  sluice explain KIND/NAME... [-n NAMESPACE] [OPTIONS]

Options${commonOptions}
  -o, --output FORMAT      text (default) or json (for machines)
  -h, --help               this help

KIND is pod, deployment, statefulset, daemonset, replicaset, job, cronjob, pvc or dataset, or kubectl's
short name for it. Without -n the namespace is the context's. Only what the answer needs is read, with the
user's own rights; what may not be read is named. With --cluster only pvc and dataset can be asked for.
Where the installation's configuration cannot be read, the defaults count, and standard error tells why.

Exit codes
  0  nothing is refused, and nothing is wrong
  1  something is refused, or a client is not well, or the object does not exist
  2  wrong usage, or input or a cluster that cannot be read

Examples
  sluice explain -f train.yaml --cluster cluster/
  sluice explain pod/train-0 -n research
  sluice explain deploy/train dataset/imagenet -n research -o json | jq '.[].clients'
`,
  diff: `Shows what admission would change in the pods of manifests, as "kubectl diff" shows changes.

Usage
  sluice diff -f FILE|- [--cluster DIR] [OPTIONS]

Options${commonOptions}
      --full               inline scripts too, which are told by their length otherwise
  -h, --help               this help

Exit codes
  0  nothing would be changed
  1  something would be changed
  2  wrong usage, or input that cannot be read
  3  something would be refused; why is told on standard error

Examples
  sluice diff -f train.yaml
  kubectl get deploy train -o yaml | sluice diff -f - --cluster cluster/
`,
  uninject: `Takes out of manifests what was injected: clients, guard, their volumes, what leads to the cache, marks.
Claims are mounted as they were. For people who keep injected YAML.

Usage
  sluice uninject -f FILE|- [OPTIONS]

Options
  -f, --filename FILE    manifests to read, "-" for standard input; may be given several times
  -n, --namespace NAME   namespace of objects that state none, for messages (default "default")
  -o, --output FORMAT    yaml (default; comments stay), json, or patch (JSON patch for each object)
  -h, --help             this help

What was injected is known by its structure, and the claims by the annotation sluice.io/status. What the pod
does not tell is named on standard error: pull secrets, DNS servers and node affinity that may be the pod's
own stay. Labels that the JuiceFS driver's configuration gives its clients, and annotations by which a
platform chooses a zone, stay as well. Where a claim cannot be told, the object is left as it is.

Exit codes
  0  all is taken out, or there was nothing
  1  an object is left as it is
  2  wrong usage, or input that cannot be read

Examples
  sluice uninject -f injected.yaml > train.yaml
  sluice inject -f train.yaml --cluster cluster/ | sluice uninject -f -
`,
  completion: `Prints a script by which a shell, or kubectl for its plugin, completes commands and options.

Usage
  sluice completion bash|zsh|fish|kubectl

Options
  -h, --help    this help

Examples
  source <(sluice completion bash)
  sluice completion zsh > "\${fpath[1]}/_sluice"
  sluice completion fish > ~/.config/fish/completions/sluice.fish
  sluice completion kubectl > ~/.local/bin/kubectl_complete-sluice    # and chmod +x it
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
while no webhook answered. Each pod is decided about as it stands; nothing is changed. With --off-cache it tells
instead which pods with clients run on nodes that do not hold their datasets' caches.

Usage
  sluice audit [OPTIONS]

Options
      --off-cache              pods off their datasets' caches, which read over the network, instead
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
  sluice audit --off-cache
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
