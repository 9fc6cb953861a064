import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import type { Client } from "./clients.ts";
import type { Manifest } from "./manifests.ts";
import type { Facts } from "./meaning.ts";
import { foundAt } from "./reach.ts";
import { supervised } from "./supervisor-arguments.ts";

/** What a client of JuiceFS does, said in the same words for both webhooks. */
export interface ClientMeaning {
  /** The init step: "format" or "auth" with the file system's name, "copy" for a cached configuration; "" for none. */
  readonly init: string;
  /** Flags of the init step with their values, those of Secrets put in. */
  readonly flags: Readonly<Record<string, string>>;
  /** What is mounted, and where. */
  readonly source: string;
  readonly mountPath: string;
  readonly options: Readonly<Record<string, string>>;
  /** "path size" of the quota that it sets. */
  readonly quota: string;
}

/** The values of a Secret's keys, as the client would get them. */
export type Values = (secret: string, key: string) => string | undefined;

/** The Secrets of the recorded cluster, and what was written at the recorded time. */
export function valuesOf(objects: readonly Manifest[], namespace: string, source: string): Values {
  const data = new Map<string, Record<string, string>>();
  for (const object of objects)
    if (object.kind === "Secret")
      data.set(`${object.metadata.namespace}/${object.metadata.name}`, Object(object["stringData"]));
  const own = data.get(source) ?? {};
  return (secret, key) => {
    const there = data.get(`${namespace}/${secret}`)?.[key];
    if (there !== undefined && secret !== `${source.split("/")[1]}`) return there;
    // A Secret that was made for the client has the values of the volume's own.
    const plain = key.replace(/^env\./, "");
    const dashed = { secretkey: "secret-key", secretkey2: "secret-key2" }[plain] ?? plain;
    return own[key] ?? own[dashed] ?? own[dashed.replaceAll("-", "")] ?? envOf(own["envs"], plain) ?? there;
  };
}

function envOf(envs: string | undefined, name: string): string | undefined {
  return new RegExp(`["']?${name}["']?: *["']?([^"',}\\n]+)`).exec(envs ?? "")?.[1];
}

/** The client's words after its supervisor's, if it has one. */
function wordsOf(container: Container): readonly string[] {
  return supervised(container)?.client ?? container.command ?? [];
}

/** Whether a container runs a client of JuiceFS. */
function isJuicefsClient(container: Container): boolean {
  return /mount\.juicefs/.test([...(container.command ?? []), ...(container.args ?? [])].join(" "));
}

/** The meaning of a container that runs a client of JuiceFS. */
function clientMeaning(container: Container, values: Values): ClientMeaning {
  const variable = (name: string): string => {
    const found = container.env?.find((entry) => entry.name === name);
    const ref = found?.valueFrom?.secretKeyRef;
    return found?.value ?? (ref && values(ref.name ?? "", ref.key)) ?? `<${name}>`;
  };
  const words = wordsOf(container);
  const commands =
    words[3] === "sluice-juicefs"
      ? ourCommands(words.slice(4), variable)
      : theirCommands(container, variable);
  const mount = commands.at(-1) ?? [];
  const init = commands.find(([word]) => word === "init")?.slice(1) ?? [];
  const copies = commands.some((command) => command.includes("cp"));
  const quota = commands.find(([word]) => word === "quota");
  return {
    ...initMeaning(copies ? ["copy"] : init),
    source: mount[1] ?? "",
    mountPath: mount[2] ?? "",
    options: optionsIn(mount[3] === "-o" ? (mount[4] ?? "") : ""),
    quota: quota === undefined ? "" : `${(quota[3] ?? "").replace(/^\//, "")} ${quota[4]}`,
  };
}

function initMeaning(words: readonly string[]): Pick<ClientMeaning, "init" | "flags"> {
  if (words[0] === "copy") return { init: "copy", flags: {} };
  const flags: Record<string, string> = {};
  const plain: string[] = [];
  for (const word of words.slice(1)) {
    const [, name, value = ""] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === undefined) plain.push(word);
    else flags[name] = value;
  }
  return { init: plain.join(" "), flags };
}

function optionsIn(text: string): Record<string, string> {
  const options = text.split(",").filter((option) => option !== "");
  return Object.fromEntries(
    options.map((option) => {
      const at = option.indexOf("=");
      return at < 0 ? [option, ""] : [option.slice(0, at), option.slice(at + 1)];
    }),
  );
}

/** Ours: words, of which `@NAME`, `@NAME=FLAG` and `,NAME` stand for values. */
function ourCommands(words: readonly string[], variable: (name: string) => string): string[][] {
  const commands: string[][] = [[]];
  for (const word of words) {
    const plain = word.replaceAll("$$", "$");
    const [, name = "", flag] = /^@([^=]+)(?:=(.*))?$/.exec(plain) ?? [];
    if (plain === "--") commands.push([]);
    else if (plain.startsWith("=")) commands.at(-1)?.push(plain.slice(1));
    else if (plain.startsWith(","))
      commands.at(-1)?.push(
        ...variable(plain.slice(1))
          .split(",")
          .map((option) => `--${option.trim()}`),
      );
    else if (name === "") commands.at(-1)?.push(plain);
    else commands.at(-1)?.push(flag === undefined ? variable(name) : `${flag}=${variable(name)}`);
  }
  return commands;
}

/** Theirs: two lines for a shell, quoted as bash would read them. */
function theirCommands(container: Container, variable: (name: string) => string): string[][] {
  const text = container.command?.[2] ?? "";
  const exec = text.lastIndexOf("\nexec ");
  const init = exec < 0 ? "" : text.slice(0, exec);
  const mount = (exec < 0 ? text : text.slice(exec + 1)).replace(/^exec /, "");
  const commands = [shellWords(init, variable), shellWords(mount, variable)];
  const hook = container.lifecycle?.postStart?.exec?.command?.at(-1) ?? "";
  const [, subPath = "", capacity = "", path = ""] =
    /subpath=(.*?) name=.*? capacity=(\d*) community=.. quotaPath=(.*?) \/jfs-scripts/s.exec(hook) ?? [];
  const quota = subPath !== "" && capacity !== "" ? [["quota", "", "", path, capacity]] : [];
  const [first = [], second = []] = commands;
  return [["init", ...first], ...quota, second];
}

function shellWords(line: string, variable: (name: string) => string): string[] {
  const text = line
    .replace(/\\([()])/g, "$1")
    .replace(/\$'((?:[^'\\]|\\.)*)'/g, (_, quoted: string) => quoted)
    .replace(/\$\{([-\w]+)\}/g, (_, name: string) => variable(name));
  return text.split(/ +/).filter((word) => word !== "");
}

const shownBySluice = /^(views|sluice)/;

/** What a pod means that got clients of JuiceFS, of which `original` brought nothing along. */
export function juicefsFacts(pod: Pod, original: Pod, values: (claim: string) => Values): Facts {
  const facts = new Map<string, unknown>();
  const before = new Set(containersOf(original).map(({ name }) => name));
  const clients = addedTo(pod, original).filter(isJuicefsClient);
  const claims = claimsOf(original);
  for (const container of clients) {
    const claim = claimServed(pod, container, claims);
    addClient(facts, `client/${claim}`, pod, original, container, values(claim));
  }
  for (const container of containersOf(pod)) {
    if (!before.has(container.name) || clients.includes(container)) continue;
    for (const mount of container.volumeMounts ?? [])
      facts.set(
        `mount/${container.name} ${mount.mountPath}`,
        reached(pod, original, clients, claims, mount.name, mount),
      );
  }
  for (const [key, value] of Object.entries(pod.metadata?.labels ?? {})) facts.set(`label/${key}`, value);
  for (const [key, value] of Object.entries(pod.metadata?.annotations ?? {}))
    facts.set(`annotation/${key}`, value);
  facts.set(
    "order",
    containersOf(pod)
      .filter(({ name }) => before.has(name) && !clients.some((client) => client.name === name))
      .map(({ name }) => name),
  );
  return facts;
}

function addClient(
  facts: Map<string, unknown>,
  under: string,
  pod: Pod,
  original: Pod,
  container: Container,
  values: Values,
): void {
  const { init, flags, source, options, quota } = clientMeaning(container, values);
  const native = pod.spec?.initContainers?.includes(container) === true;
  const add = (key: string, value: unknown) => facts.set(`${under}/${key}`, value);
  add("kind", native ? "native" : "classic");
  add("image", container.image);
  add("imagePullPolicy", container.imagePullPolicy);
  add("init", init);
  for (const [key, value] of Object.entries(flags)) add(`flag ${key}`, value);
  add("source", source);
  for (const [key, value] of Object.entries(options)) add(`option ${key}`, value);
  add("quota", quota);
  addNumbers(add, container, values);
  add("privileged", container.securityContext?.privileged === true);
  const own = new Set((original.spec?.volumes ?? []).map((volume) => volume.name));
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec?.volumes?.find((candidate) => candidate.name === mount.name);
    if (volume === undefined || own.has(volume.name) || shownBySluice.test(mount.mountPath.slice(1)))
      continue;
    add(`volume ${mount.mountPath}`, volumeMeaning(volume, values));
  }
}

function addNumbers(add: (key: string, value: unknown) => void, container: Container, values: Values): void {
  for (const kind of ["requests", "limits"] as const)
    for (const [key, value] of Object.entries(container.resources?.[kind] ?? {}))
      add(`${kind} ${key}`, value);
  for (const port of container.ports ?? []) add(`port ${port.name}`, port.containerPort);
  for (const { name, value, valueFrom } of container.env ?? []) {
    const ref = valueFrom?.secretKeyRef;
    const text = ref === undefined ? undefined : values(ref.name ?? "", ref.key);
    if (!name.startsWith("SLUICE_")) add(`env ${name}`, value ?? text ?? valueFrom);
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"] as const)
    if (container[probe] !== undefined) add(probe, container[probe]?.exec?.command);
}

/** A file from a Secret by its contents, anything else as it is. */
function volumeMeaning(volume: Volume, values: Values): unknown {
  const { name: _, ...source } = volume;
  const { secretName = "", items } = source.secret ?? {};
  if (items === undefined) return source.secret === undefined ? source : { secret: secretName };
  return Object.fromEntries(items.map(({ key, path }) => [path, values(secretName, key) ?? `<${key}>`]));
}

/** Which claim's data a container of the pod finds at a mount, which part of them, and whether it may write. */
function reached(
  pod: Pod,
  original: Pod,
  clients: readonly Container[],
  claims: ReadonlyMap<string, string>,
  volume: string,
  mount: NonNullable<Container["volumeMounts"]>[number],
): unknown {
  const claim = claims.get(volume);
  if (claim === undefined) return undefined;
  if (pod.spec?.volumes?.find((one) => one.name === volume)?.persistentVolumeClaim !== undefined)
    return "the claim";
  const client = clients.find((container) => claimServed(pod, container, claims) === claim);
  if (client === undefined) return "nothing";
  const views = supervised(client);
  if (views === undefined)
    return { claim, at: mount.subPath ?? mount.subPathExpr ?? "", readOnly: mount.readOnly === true };
  const known: Client = {
    id: claim,
    dataset: claim,
    group: "initContainers",
    position: "",
    container: client,
    views: { container: client, supervised: views },
  };
  const found = foundAt(pod, [known], mount);
  const at = String(found["at"] ?? "")
    .slice(views.mountPath.length)
    .replace(/^\//, "");
  const expression = originalMount(original, mount.mountPath, volume)?.subPathExpr;
  return { claim, at: expression ?? at, readOnly: found["readOnly"] === true };
}

function originalMount(original: Pod, mountPath: string, volume: string) {
  return containersOf(original)
    .flatMap((container) => container.volumeMounts ?? [])
    .find((mount) => mount.mountPath === mountPath && mount.name === volume);
}

/** By the pod's volume that the client mounts in: it was this claim's. */
function claimServed(pod: Pod, client: Container, claims: ReadonlyMap<string, string>): string {
  const served = supervised(client)?.views.map((view) => view.path.split("/")[3] ?? "") ?? [];
  const mounts = client.volumeMounts ?? [];
  const mountPath = clientMeaning(client, () => undefined).mountPath;
  const volumes = [
    ...served,
    ...mounts.map((mount) => mount.name),
    ...(pod.spec?.volumes ?? []).filter((volume) => shares(volume, mountPath)).map((volume) => volume.name),
  ];
  for (const volume of volumes) {
    const claim = claims.get(volume);
    if (claim !== undefined) return claim;
  }
  return client.name;
}

/** Their mode with host paths: the last part of both paths is one random name. */
function shares(volume: Volume, mountPath: string): boolean {
  const last = mountPath.split("/").at(-1) ?? "";
  return (
    last !== "" &&
    (volume.hostPath?.path.endsWith(`/${last}`) === true ||
      volume.csi?.volumeAttributes?.["mountpoint"] === last)
  );
}

function claimsOf(original: Pod): ReadonlyMap<string, string> {
  return new Map(
    (original.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim }) =>
      persistentVolumeClaim === undefined ? [] : [[name, persistentVolumeClaim.claimName] as const],
    ),
  );
}

function addedTo(pod: Pod, original: Pod): Container[] {
  const own = new Map<string, number>();
  for (const { name } of containersOf(original)) own.set(name, (own.get(name) ?? 0) + 1);
  return containersOf(pod)
    .reverse()
    .filter(({ name }) => {
      const left = own.get(name) ?? 0;
      own.set(name, left - 1);
      return left <= 0;
    })
    .reverse();
}

export function containersOf({ spec }: Pod): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}
