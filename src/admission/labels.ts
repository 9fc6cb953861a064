import { statusAnnotation } from "../pod/status-annotation.ts";

/** The labels and annotations that admission reads and writes, each with what it stands on. */

/** Ours. */
export const sluice = {
  /** Namespace label: `enabled`. */
  injection: "sluice.io/injection",
  /** Pod label: `true` or `false`. */
  inject: "sluice.io/inject",
  /** Pod annotations. */
  mode: "sluice.io/mode",
  platform: "sluice.io/platform",
  sidecar: "sluice.io/sidecar",
  cacheAffinity: "sluice.io/cache-affinity",
  clientStop: "sluice.io/client-stop",
  clientSize: (resource: "cpu" | "memory", kind: "request" | "limit") =>
    `sluice.io/client-${resource}-${kind}`,
  /** Pod annotations: what the pod waits for before it is scheduled, for how long, and what happens then. */
  waitForCache: "sluice.io/wait-for-cache",
  waitForCacheLimit: "sluice.io/wait-for-cache-limit",
  waitForCacheElse: "sluice.io/wait-for-cache-else",
  /** Pod annotation, written: what was done. */
  status: statusAnnotation,
} as const;

/** The JuiceFS CSI driver's (pkg/common/common.go). */
export const juicefs = {
  /** Namespace labels: `true`. */
  injection: "juicefs.com/enable-injection",
  serverlessInjection: "juicefs.com/enable-serverless-injection",
  /** Pod label: `true`. */
  disable: "disable.sidecar.juicefs.com/inject",
  /** Pod label, written. */
  done: "done.sidecar.juicefs.com/inject",
} as const;

/** Fluid's (pkg/common/label.go, pkg/common/webhook.go). Pod labels, unless said otherwise. */
export const fluid = {
  serverless: "serverless.fluid.io/inject",
  /** Deprecated name of `serverless`. */
  sidecar: "fuse.sidecar.fluid.io/inject",
  serverful: "fuse.serverful.fluid.io/inject",
  enabled: "fluid.io/enable-injection",
  done: "done.sidecar.fluid.io/inject",
  cacheDirectories: "cachedir.sidecar.fluid.io/inject",
  clientPostStart: "fuse.sidecar.poststart.fluid.io/inject",
  /** `fluid.io/dataset.<claim>.sched: required`. */
  required: /^fluid\.io\/dataset\.([A-Za-z0-9.-]*)\.sched$/,
  /** Annotation. */
  skipPrecheck: "sidecar.fluid.io/skip-precheck",
  managedBy: "fluid.io/managed-by",
  datasetName: (container: string) => `dataset-name.sidecar.fluid.io/${container}`,
  datasetNamespace: (container: string) => `dataset-namespace.sidecar.fluid.io/${container}`,
  appPostStart: "app.poststart.fluid.io/inject",
  /** Annotations; `injectDone` is written as well. */
  prefetch: {
    inject: "file-prefetcher.fluid.io/inject",
    injectDone: "file-prefetcher.fluid.io/inject-done",
    image: "file-prefetcher.fluid.io/image",
    fileList: "file-prefetcher.fluid.io/file-list",
    async: "file-prefetcher.fluid.io/async-prefetch",
    extraEnvs: "file-prefetcher.fluid.io/extra-envs",
    timeoutSeconds: "file-prefetcher.fluid.io/prefetch-timeout-seconds",
  },
  /** Annotations, written. */
  datasetsInUse: "fluid.io/datasets-in-use",
  scrape: "prometheus.fuse.fluid.io/scrape",
} as const;
