import type { Fields } from "../../e2e/harness/fields.ts";
import { appImage } from "./node-images.ts";

/** Shell for busybox. */
type Script = string;

interface AppPod {
  readonly script: Script;
  /** Claim: where it is mounted, and further fields of that mount. */
  readonly claims: Readonly<Record<string, string | Fields>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further fields of the app's container. */
  readonly container?: Fields;
  /** Further fields of the pod's spec. */
  readonly spec?: Fields;
  /** Scripts of init containers, which mount the same. */
  readonly initScripts?: readonly Script[];
  readonly grace?: number;
}

/** A pod whose one container, "app", runs a script and mounts claims. */
export function appPod(name: string, options: AppPod): Fields {
  const {
    script,
    claims,
    annotations = {},
    container = {},
    spec = {},
    initScripts = [],
    grace = 10,
  } = options;
  const volumeMounts = Object.entries(claims).map(([claim, mount]) => ({
    name: claim,
    ...(typeof mount === "string" ? { mountPath: mount } : mount),
  }));
  const containerOf = (called: string, run: Script): Fields => ({
    name: called,
    image: appImage,
    command: ["sh", "-c", run],
    volumeMounts,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "data", annotations },
    spec: {
      terminationGracePeriodSeconds: grace,
      restartPolicy: "Never",
      initContainers: initScripts.map((run, index) => containerOf(`init-${index}`, run)),
      containers: [{ ...containerOf("app", script), ...container }],
      volumes: Object.keys(claims).map((claim) => ({
        name: claim,
        persistentVolumeClaim: { claimName: claim },
      })),
      ...spec,
    },
  };
}

/**
 * Reads files some 15 times a second and says each time "ok TEXT" or "ERR MESSAGE". On TERM it says so, reads on for
 * `lingerSeconds`, and ends.
 */
export function reader(files: string, lingerSeconds = 0): Script {
  return `
now() { read -r up _ </proc/uptime; up=\${up%.*}\${up#*.}; }
end=
trap 'echo TERM; now; end=$((up + ${lingerSeconds * 100}))' TERM
while now; [ -z "$end" ] || [ "$up" -lt "$end" ]; do
  if out=$(cat ${files} 2>&1); then echo ok $out; else echo ERR $out; fi
  sleep 0.05
done
echo ends`;
}
