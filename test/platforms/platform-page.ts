import { ending, sharing, starting } from "../../src/platforms/describe-layout.ts";
import type { Platform } from "../../src/platforms/platform.ts";

const introduction = `# Platforms

Where a pod runs decides how it can get its data. What Sluice knows of each kind of node is data (\`src/platforms/\`), and this
page is printed from it: \`UPDATE_GOLDEN=1 npx vitest run --config test/vitest.config.ts test/platforms\` writes it anew.

## How a pod's platform is found

The first of these that names one counts; \`sluice explain\` says which one it was.

1. The pod's annotation \`sluice.io/platform\`, Fluid's \`serverless.fluid.io/platform\`, or a target mark listed below.
2. The pod's \`runtimeClassName\`.
3. Marks on the pod that send it somewhere. Marks of two platforms on one pod refuse it.
4. The same marks on its namespace, where they count there.
5. Its \`nodeSelector\` or required node affinity.
6. The configuration's \`platform\`, which is \`kubernetes\` unless it is set. In a cluster of virtual nodes only, set it.

A toleration alone proves nothing: such a pod is served for ordinary nodes and warned. A pod that may run on either kind of
node is served where one injection is right on both, which takes a platform whose \`mount.by\` is \`views\`, and is else refused
with the choices.

## What is not confirmed

Some of this no public page settles, and much of it was seen on no such node. That stands under "Not confirmed", \`explain\`
shows it, and pods are warned of it, or refused where the configuration says \`unconfirmedPlatforms: refuse\`. Test one pod; then say
so in the configuration, and the warning goes:

\`\`\`yaml
platforms:
  eci:
    confirmed: true                       # all of it was tested
    mount: {subPaths: true}               # what is different: maps are merged, lists replaced
    sizing: {ignoreClients: true}
    zones: {byZone: {cn-hangzhou-h: vsw-1, cn-hangzhou-i: vsw-2}}   # pods go to the zones of their caches first
  our-virtual-nodes:                      # a further platform
    like: eklet                           # everything but what it is recognised by
    recognition:
      marks: [{kind: label, key: pool, value: virtual, onNamespace: true}]
    client: {privilege: capabilities, capabilities: [SYS_ADMIN], devices: {smarter-devices/fuse: "1"}}
\`\`\`

The keys are those of \`platformSchema\` in \`src/platforms/platform.ts\`; a wrong one is refused at the start, by its path.

## What a client may do, and why

A client mounts a file system, which takes the capability SYS_ADMIN and the device /dev/fuse. To let its mount appear in another
container takes Bidirectional propagation, which Kubernetes grants to privileged containers only. So a client is

- \`privileged\` where it shares by views or by an emptyDir,
- given single \`capabilities\` where the vendor's driver shows the mount,
- merely \`root\` where the vendor lets the mount through by an annotation.

It never gets the pod's API token. A namespace whose label \`pod-security.kubernetes.io/enforce\` refuses such a client refuses the
pod: Sluice says so, naming the level. Where the cluster exempts such pods, set \`podSecurity: warn\` in the configuration.

## The finished pod

Each pod is held against the rules of its platform before it is let in: every field that it forbids, capabilities, and how many
containers and volumes it takes. A cache directory of the host that the client's template brings becomes an emptyDir, with a warning
(\`refusedHostPaths\` in the configuration); one that has to exist already, and so holds something, refuses the pod. A breach names the field,
and whether it is the pod's own or came with a client.
`;

const privileges: Readonly<Record<Platform["client"]["privilege"], string>> = {
  privileged: "privileged",
  capabilities: "single capabilities",
  root: "root, not privileged",
  none: "none can be had",
};

/** The documentation page of these platforms, as Markdown. */
export function renderPlatformPage(platforms: readonly Platform[]): string {
  return `${introduction}
## At a glance

| platform | clients | native sidecars | a classic client ends | node affinity | placed by |
|---|---|---|---|---|---|
${platforms.map(row).join("\n")}

${platforms.map(section).join("\n")}`;
}

function row(platform: Platform): string {
  const { name, mount, client, nativeSidecars, end, nodeAffinity, scheduler } = platform;
  const served = mount.by !== "nothing";
  const cells = [
    `[${name}](#${name})`,
    served ? `${mount.by}, ${privileges[client.privilege]}` : "refused",
    nativeWords[String(nativeSidecars)] ?? "",
    served ? endWords[end.by] : "–",
    nodeAffinity,
    scheduler === "cluster" ? "the cluster's scheduler" : "its own",
  ];
  return `| ${cells.join(" | ")} |`;
}

const nativeWords: Readonly<Record<string, string>> = {
  "by-kubelet": "as the node's version says",
  true: "from Kubernetes 1.29",
  false: "no",
};

const endWords: Readonly<Record<Platform["end"]["by"], string>> = {
  environment: "by variables",
  annotation: "by an annotation",
  nothing: "by `sluice controllers`",
};

function section(platform: Platform): string {
  const { name, summary, mount, sources, unconfirmed } = platform;
  const notes = Object.entries(unconfirmed).map(([field, note]) => `  - \`${field}\`: ${note}`);
  return [
    `## ${name}`,
    "",
    summary,
    "",
    `- Recognised by: ${recognition(platform) || "nothing but its name, in `sluice.io/platform` or the configuration"}`,
    ...(mount.by === "nothing" ? [] : layout(platform)),
    ...rules(platform),
    ...(notes.length === 0 ? [] : ["- Not confirmed:", ...notes]),
    ...(sources.length === 0 ? [] : [`- Sources: ${sources.map(link).join(", ")}`]),
    "",
  ].join("\n");
}

function recognition({
  recognition: { targets, marks, bursts, nodeLabels, runtimeClass },
}: Platform): string {
  const labels = Object.entries(nodeLabels).map(([key, value]) => `\`${key}=${value}\``);
  return [
    ...targets.map(({ kind, key, value }) => `target ${kind} \`${key}=${value}\``),
    ...marks.map(
      ({ kind, key, value, onNamespace }) =>
        `${kind} \`${key}=${value}\`${onNamespace ? " (on the namespace, too)" : ""}`,
    ),
    ...bursts.map(({ kind, key }) => `any other value of ${kind} \`${key}\`: either kind of node`),
    ...(labels.length === 0 ? [] : [`node labels ${labels.join(" and ")}`]),
    ...(runtimeClass === undefined ? [] : [`\`${runtimeClass}\` in the runtimeClassName`]),
  ].join("; ");
}

function layout(platform: Platform): string[] {
  const { client, mount, nativeSidecars, nodeAffinity, placement, scheduler, sizing } = platform;
  const capabilities = client.capabilities.length === 0 ? "" : ` (${client.capabilities.join(", ")})`;
  const env = Object.entries(client.env).map(([key, value]) => `\`${key}=${value}\``);
  const paths = mount.by === "views" || mount.subPaths ? "" : "; sub paths are refused";
  return [
    `- Mount: ${sharing(platform)}${paths}`,
    `- Clients: ${privileges[client.privilege]}${capabilities}${env.length === 0 ? "" : `, with ${env.join(", ")}`}`,
    ...(client.runtimes === undefined ? [] : [`- Runtimes: ${client.runtimes.join(", ")} only`]),
    ...(nativeSidecars === false
      ? []
      : [`- Native clients: ${starting(platform, true)}; ${ending(platform, true)}`]),
    `- Classic clients: ${starting(platform, false)}; ${ending(platform, false)}`,
    ...(nodeAffinity === "heard"
      ? []
      : [`- Node affinity is ignored; the place is chosen by ${placement ?? "the platform"}`]),
    ...(scheduler === "cluster"
      ? []
      : ["- Pods do not wait for their cache: a scheduling gate is heeded by the cluster's scheduler alone"]),
    ...(sizing === undefined ? [] : [`- Size: ${sizing.rounding}${ignored(sizing)}`]),
    ...(client.resources === undefined
      ? []
      : [
          `- A client whose template states no size gets ${client.resources.requests.cpu} CPU and ${client.resources.requests.memory}`,
        ]),
  ];
}

function ignored({ ignore }: NonNullable<Platform["sizing"]>): string {
  return ignore === undefined
    ? ""
    : `; \`sizing.ignoreClients: true\` keeps clients out of it by \`${ignore.env}\``;
}

function rules({ rules: { forbidden, capabilities, maxContainers, maxVolumes } }: Platform): string[] {
  const parts = [
    ...forbidden.map((rule) => `no ${rule === "daemonSet" ? "pod of a DaemonSet" : `\`${rule}\``}`),
    ...(capabilities === undefined ? [] : [`capabilities: ${capabilities.join(", ") || "none"}`]),
    ...(maxContainers === undefined ? [] : [`at most ${maxContainers} containers`]),
    ...(maxVolumes === undefined ? [] : [`at most ${maxVolumes} volumes`]),
  ];
  return parts.length === 0 ? [] : [`- Rules: ${parts.join(", ")}`];
}

function link(source: string): string {
  return source.startsWith("https://") ? `<${source}>` : source;
}
