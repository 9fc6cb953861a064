/** Reasons that have to do with the kind of node that a pod is for; a part of the one list in `reason.ts`. */
export const platformReasons = {
  "platform-found": {
    level: "info",
    meaning: "on which kind of node the pod will run, and how that is known",
  },
  "sidecar-kind": { level: "info", meaning: "why the clients are native or classic sidecars" },
  "unknown-platform": { level: "refusal", status: 403, meaning: "the platform asked for is not known" },
  "several-platforms": {
    level: "refusal",
    status: 403,
    meaning: "marks of two platforms contradict each other",
  },
  "may-burst": {
    level: "refusal",
    status: 403,
    meaning: "the pod may run on two kinds of node, and no injection is right on both",
  },
  "may-run-elsewhere": {
    level: "warning",
    meaning: "the pod tolerates virtual nodes, for which it is not made",
  },
  "platform-unconfirmed": {
    level: "warning",
    meaning: "some of what is known of this platform is not confirmed",
  },
  "platform-not-confirmed": {
    level: "refusal",
    status: 403,
    meaning: "some of what is known of this platform is not confirmed, and the configuration wants that",
  },
  "platform-note": { level: "info", meaning: "what is not confirmed of this platform, and why" },
  "platform-layout": { level: "info", meaning: "how clients share, start and end on this platform" },
  "platform-rule": { level: "refusal", status: 403, meaning: "the pod breaks a rule of its platform" },
  "platform-rule-open": {
    level: "warning",
    meaning: "the pod may break a rule of its platform that is not confirmed",
  },
  "no-csi-driver": {
    level: "warning",
    meaning: "this platform runs no CSI driver that could mount the claims",
  },
  "runtime-not-on-platform": {
    level: "refusal",
    status: 403,
    meaning: "this platform cannot serve datasets of this runtime",
  },
  "sub-path-not-on-platform": {
    level: "refusal",
    status: 403,
    meaning: "this platform may show an empty directory for a sub path",
  },
  "zones-ordered": {
    level: "info",
    meaning: "the pod is led to the zones of its caches by the platform's own way",
  },
  "node-selector-ignored": { level: "warning", meaning: "this platform ignores which nodes the pod selects" },
  "host-path-refused": {
    level: "refusal",
    status: 403,
    meaning: "the client's template has a directory of the node, which the platform forbids",
  },
  "template-part-replaced": {
    level: "warning",
    meaning: "a part of the client's template is replaced, for the platform forbids it",
  },
  "start-order": { level: "refusal", status: 403, meaning: "the app would start before its client" },
  "instance-size": { level: "info", meaning: "what the pod's containers add up to, and what that buys" },
  "pod-security": {
    level: "refusal",
    status: 403,
    meaning: "the namespace's Pod Security level refuses the client",
  },
  "pod-security-exempt": {
    level: "warning",
    meaning: "the namespace's Pod Security level refuses the client unless the pod is exempt",
  },
  "no-shared-mounts": {
    level: "refusal",
    status: 403,
    meaning: "mounts are not shared between containers there",
  },
  "unprivileged-client": {
    level: "refusal",
    status: 403,
    meaning: "an unprivileged client cannot share its mount here",
  },
} as const;
