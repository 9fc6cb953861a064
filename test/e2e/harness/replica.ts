import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import type { ApiClient } from "./api-client.ts";
import { apiServerAddress } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { at, type Fields, fieldsOf, listAt, textAt } from "./fields.ts";
import type { Gateway } from "./gateway.ts";
import { Running } from "./processes.ts";
import type { Sandbox } from "./sandbox.ts";
import { SecretVolume } from "./secret-volume.ts";

export interface ReplicaPlace {
  readonly sandbox: Sandbox;
  readonly gateway: Gateway;
  readonly api: ApiClient;
  /** For logs and mounted files. */
  readonly folder: string;
  readonly caFile: string;
  /** The built command, dist/sluice.js. */
  readonly program: string;
  /** What a pod's process finds in its environment besides what its container says. */
  readonly environment?: ((podName: string) => Readonly<Record<string, string>>) | undefined;
}

interface Mounted {
  readonly mountPath: string;
  readonly folder: string;
}

/** The process of a pod of ours, started as its container says, with its ServiceAccount's files where they belong. */
export class Replica {
  readonly name: string;
  readonly address: string;
  readonly logFile: string;
  restarts = 0;
  ready = false;
  readonly #place: ReplicaPlace;
  readonly #pod: Fields;
  readonly #folder: string;
  #secrets: readonly SecretVolume[] = [];
  #process: Running | undefined;

  constructor(pod: Fields, address: string, place: ReplicaPlace) {
    this.name = textAt(pod, "metadata", "name");
    this.address = address;
    this.#pod = pod;
    this.#place = place;
    this.#folder = join(place.folder, this.name);
    this.logFile = join(place.folder, `${this.name}.log`);
  }

  get opsAddress(): string {
    return `${this.address}:${this.#port("ops")}`;
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  get process(): Running {
    if (this.#process === undefined) throw new Error(`${this.name} was not started`);
    return this.#process;
  }

  async start(): Promise<void> {
    const container = listAt(this.#pod, "spec", "containers")[0];
    const secrets = join(this.#folder, "serviceaccount");
    mkdirSync(secrets, { recursive: true });
    writeFileSync(join(secrets, "token"), await this.#token());
    writeFileSync(join(secrets, "namespace"), this.#namespace);
    const secretMounts = await this.#mountSecrets();
    const files = await this.#mountConfigMaps(secretMounts);
    const args = listOfText(at(container, "args")).map((arg) => {
      const mounted = files.find(({ mountPath }) => arg.startsWith(`${mountPath}/`));
      if (mounted !== undefined) return join(mounted.folder, arg.slice(mounted.mountPath.length));
      // All replicas share the sandbox's network, so each takes its own address instead of every one.
      return /^:\d+$/.test(arg) ? `${this.address}${arg}` : arg;
    });
    // The files lie where a kubelet puts them, in a mount namespace of the replica's own.
    const script = [
      "set -e",
      "mount -t tmpfs tmpfs /var/run",
      "mkdir -p /var/run/secrets/kubernetes.io",
      `cp -r ${secrets} ${this.#place.caFile} /var/run/secrets/kubernetes.io/`,
      "mv /var/run/secrets/kubernetes.io/ca.crt /var/run/secrets/kubernetes.io/serviceaccount/",
      'exec "$@"',
    ].join("\n");
    const argv = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      script,
      "sh",
      process.execPath,
      // As the image starts it.
      "--enable-source-maps",
      this.#place.program,
      ...args,
    ];
    this.#process = new Running(this.name, this.#place.sandbox.command(argv), this.logFile, {
      env: this.#environment(container ?? {}),
    });
  }

  /** The answer of a path of the ops port; status 0 when there is none within `seconds`. */
  ask(path: string, seconds = 20): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve) => {
      const agent = this.#place.gateway.httpAgent(this.opsAddress);
      const asked = get({ agent, host: this.address, path, timeout: seconds * 1_000 }, (response) => {
        let text = "";
        response.on("data", (part: Buffer) => {
          text += part.toString();
        });
        response.on("error", () => resolve({ status: 0, text }));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve({ status: 0, text: "" }));
    });
  }

  /** As a kubelet stops a container: preStop, SIGTERM, and SIGKILL when the grace period is over. */
  async stop(graceSeconds: number): Promise<void> {
    const end = performance.now() + graceSeconds * 1000;
    const preStop = listOfText(
      at(this.#pod, "spec", "containers", 0, "lifecycle", "preStop", "exec", "command"),
    );
    if (graceSeconds > 0 && preStop[0] === "sleep") await pause(Number(preStop[1]) * 1000);
    const running = this.#process;
    running?.signal("SIGTERM");
    const left = Math.max(0, end - performance.now());
    await Promise.race([running?.ended, pause(left)]);
    await running?.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #namespace(): string {
    return textAt(this.#pod, "metadata", "namespace");
  }

  #port(name: string): number {
    const ports = listAt(this.#pod, "spec", "containers", 0, "ports");
    return Number(ports.find((port) => port["name"] === name)?.["containerPort"]);
  }

  async #token(): Promise<string> {
    const account = textAt(this.#pod, "spec", "serviceAccountName");
    const answer = await this.#place.api.create(
      `/api/v1/namespaces/${this.#namespace}/serviceaccounts/${account}/token`,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          expirationSeconds: 3607,
          boundObjectRef: {
            apiVersion: "v1",
            kind: "Pod",
            name: this.name,
            uid: textAt(this.#pod, "metadata", "uid"),
          },
        },
      },
    );
    return textAt(answer, "status", "token");
  }

  /** What of its volumes may have changed is shown to the process. */
  async updateVolumes(): Promise<void> {
    for (const secret of this.#secrets) await secret.update();
  }

  /** Resolves when the Secrets are there, for a kubelet starts no container before. */
  async #mountSecrets(): Promise<Mounted[]> {
    const mounted = this.#mounted("secret", "secretName").map(({ mountPath, name }) => {
      const path = `/api/v1/namespaces/${this.#namespace}/secrets/${name}`;
      const folder = mkdtempSync(join(this.#folder, "secret-"));
      return { mountPath, folder, volume: new SecretVolume(folder, () => this.#place.api.get(path)) };
    });
    this.#secrets = mounted.map(({ volume }) => volume);
    await eventually(`the Secrets of ${this.name} are there`, () => this.updateVolumes().then(() => true));
    return mounted;
  }

  /** Texts that name where Secrets are mounted name the place they have here. */
  async #mountConfigMaps(secrets: readonly Mounted[]): Promise<Mounted[]> {
    const mounted = this.#mounted("configMap", "name").map(async ({ mountPath, name }) => {
      const folder = join(this.#folder, "volumes", name);
      mkdirSync(folder, { recursive: true });
      const path = `/api/v1/namespaces/${this.#namespace}/configmaps/${name}`;
      const data = fieldsOf((await this.#place.api.get(path))["data"]);
      for (const [file, text] of Object.entries(data)) {
        const here = secrets.reduce(
          (said, secret) => said.replaceAll(secret.mountPath, secret.folder),
          String(text),
        );
        writeFileSync(join(folder, file), here);
      }
      return { mountPath, folder };
    });
    return Promise.all(mounted);
  }

  /** The container's mounts of one kind of volume, with the object that it shows. */
  #mounted(kind: string, key: string): { readonly mountPath: string; readonly name: string }[] {
    const volumes = listAt(this.#pod, "spec", "volumes");
    return listAt(this.#pod, "spec", "containers", 0, "volumeMounts").flatMap((mount) => {
      const name = textAt(
        volumes.find((volume) => volume["name"] === mount["name"]),
        kind,
        key,
      );
      return name === "" ? [] : [{ mountPath: textAt(mount, "mountPath"), name }];
    });
  }

  #environment(container: Fields): Record<string, string> {
    const fields: Readonly<Record<string, string>> = {
      "metadata.name": this.name,
      "metadata.namespace": this.#namespace,
      "status.podIP": this.address,
    };
    const [host = "", port = ""] = apiServerAddress.split(":");
    const own = listAt(container, "env").map((entry) => {
      const field = textAt(entry, "valueFrom", "fieldRef", "fieldPath");
      return [textAt(entry, "name"), field === "" ? textAt(entry, "value") : (fields[field] ?? "")];
    });
    return {
      PATH: process.env["PATH"] ?? "",
      HOSTNAME: this.name,
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: port,
      ...Object.fromEntries(own),
      ...this.#place.environment?.(this.name),
    };
  }
}

function listOfText(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
