import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "./api-client.ts";
import { AuditLog } from "./audit-log.ts";
import { ClusterCommand } from "./cluster-command.ts";
import { eventually } from "./eventually.ts";
import { textAt } from "./fields.ts";
import { Gateway } from "./gateway.ts";
import { makePki, type Pki } from "./pki.ts";
import { Running } from "./processes.ts";
import type { Sandbox } from "./sandbox.ts";

export const parts = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
export type Part = (typeof parts)[number];

export const apiServerAddress = "127.0.0.1:6443";
const apiServerUrl = `https://${apiServerAddress}`;
const etcdUrl = "http://127.0.0.1:2379";

/** A whole control plane inside a sandbox. What it keeps and says is under `folder`. */
export class ControlPlane {
  readonly folder: string;
  readonly pki: Pki;
  readonly gateway: Gateway;
  readonly api: ApiClient;
  readonly kubectl: ClusterCommand;
  /** Of the users whose requests the control plane was started to write down. */
  readonly audit: AuditLog;
  readonly #sandbox: Sandbox;
  readonly #programs: string;
  readonly #running = new Map<Part, Running>();

  private constructor(
    sandbox: Sandbox,
    programs: string,
    folder: string,
    pki: Pki,
    gateway: Gateway,
    audit: AuditLog,
  ) {
    this.folder = folder;
    this.pki = pki;
    this.gateway = gateway;
    this.audit = audit;
    this.api = new ApiClient(gateway.httpsAgent(apiServerAddress, pki.admin));
    this.kubectl = new ClusterCommand(sandbox, "kubectl", [
      join(programs, "kubectl"),
      `--kubeconfig=${join(pki.folder, "admin.conf")}`,
      `--cache-dir=${join(folder, "kubectl-cache")}`,
    ]);
    this.#sandbox = sandbox;
    this.#programs = programs;
  }

  /**
   * `programs` is the folder with the binaries; the requests of the `audited` users are written down. Resolves when pods
   * can be created.
   */
  static async start(
    sandbox: Sandbox,
    programs: string,
    folder: string,
    audited: readonly string[] = [],
  ): Promise<ControlPlane> {
    for (const name of ["pki", "etcd", "logs"]) mkdirSync(join(folder, name), { recursive: true });
    const pki = await makePki(join(folder, "pki"), apiServerUrl);
    const gateway = await Gateway.open(sandbox, folder);
    const audit = new AuditLog(folder, audited);
    const plane = new ControlPlane(sandbox, programs, folder, pki, gateway, audit);
    for (const part of parts) plane.#spawn(part);
    await plane.ready();
    // The controller manager makes it; pods of a namespace without it are refused.
    await eventually(
      "the default ServiceAccount is there",
      () => plane.api.get("/api/v1/namespaces/default/serviceaccounts/default"),
      { seconds: 240 },
    );
    return plane;
  }

  /** Resolves when the API server says that it is ready. */
  async ready(): Promise<void> {
    await eventually(
      "the API server is ready",
      async () => {
        this.#assertRunning();
        return (await this.api.send("GET", "/readyz")).status === 200;
      },
      { seconds: 240, pauseMs: 25 },
    );
  }

  part(part: Part): Running {
    const running = this.#running.get(part);
    if (running === undefined) throw new Error(`${part} was not started`);
    return running;
  }

  /** What was stopped already is fine. */
  async stop(part: Part, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#running.get(part)?.stop(signal);
    this.#running.delete(part);
  }

  start(part: Part): void {
    this.#spawn(part);
  }

  /** Kills the API server and starts it again, whatever becomes of `meanwhile`. Resolves when it is ready. */
  async restartApiServer(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    await this.stop("kube-apiserver");
    try {
      await meanwhile();
    } finally {
      this.start("kube-apiserver");
      await this.ready();
    }
  }

  /** Of one moment: 0 where it was not counted yet. Labels are matched as they are printed. */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    const page = await this.api.text("/metrics");
    const lines = page
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** Throws away all history of etcd before now, so that a watch from before is told 410. */
  async compactEtcd(): Promise<void> {
    const call = async (path: string, body: unknown): Promise<unknown> => {
      const script = `fetch(${JSON.stringify(`${etcdUrl}${path}`)}, { method: "POST", body: ${JSON.stringify(JSON.stringify(body))} }).then((r) => r.text()).then(console.log)`;
      const [program = "", ...rest] = this.#sandbox.command([process.execPath, "-e", script]);
      return JSON.parse(await output(program, rest));
    };
    const range = await call("/v3/kv/range", { key: Buffer.from("x").toString("base64") });
    const revision = textAt(range, "header", "revision");
    await call("/v3/kv/compaction", { revision, physical: true });
  }

  #spawn(part: Part): void {
    const argv = [join(this.#programs, part), ...this.#flags(part)];
    this.#running.set(
      part,
      new Running(part, this.#sandbox.command(argv), join(this.folder, "logs", `${part}.log`)),
    );
  }

  #assertRunning(): void {
    for (const { name, running, log } of [...this.#running.values()].map((part) => ({
      name: part.name,
      running: part.running,
      log: () => part.log().slice(-2_000),
    })))
      if (!running) throw new Error(`${name} has ended: ${log()}`);
  }

  #flags(part: Part): string[] {
    const pki = (file: string) => join(this.pki.folder, file);
    const load = ["--kube-api-qps=1000", "--kube-api-burst=2000"];
    const client = [
      `--kubeconfig=${pki(`${part}.conf`)}`,
      "--leader-elect=false",
      "--profiling=false",
      ...load,
    ];
    switch (part) {
      case "etcd":
        return [
          `--data-dir=${join(this.folder, "etcd")}`,
          `--listen-client-urls=${etcdUrl}`,
          `--advertise-client-urls=${etcdUrl}`,
          "--listen-peer-urls=http://127.0.0.1:2380",
          "--unsafe-no-fsync",
          "--log-level=warn",
        ];
      case "kube-apiserver":
        return [
          `--etcd-servers=${etcdUrl}`,
          "--secure-port=6443",
          "--advertise-address=10.10.0.1",
          "--endpoint-reconciler-type=none",
          "--service-cluster-ip-range=10.96.0.0/16",
          // To the pods behind a Service, for there is no kube-proxy here.
          "--enable-aggregator-routing=true",
          "--authorization-mode=Node,RBAC",
          "--allow-privileged=true",
          "--kubelet-preferred-address-types=InternalIP",
          "--shutdown-delay-duration=0s",
          `--client-ca-file=${pki("ca.crt")}`,
          `--tls-cert-file=${pki("apiserver.crt")}`,
          `--tls-private-key-file=${pki("apiserver.key")}`,
          "--service-account-issuer=https://kubernetes.default.svc",
          `--service-account-key-file=${pki("sa.pub")}`,
          `--service-account-signing-key-file=${pki("sa.key")}`,
          ...this.audit.flags,
        ];
      case "kube-controller-manager":
        // Nodes made by hand have no kubelet that reports, and are to stay Ready.
        return [
          ...client,
          "--controllers=*,-node-lifecycle-controller",
          "--use-service-account-credentials=true",
          "--horizontal-pod-autoscaler-sync-period=2s",
          `--root-ca-file=${pki("ca.crt")}`,
          `--service-account-private-key-file=${pki("sa.key")}`,
        ];
      case "kube-scheduler":
        return client;
    }
  }
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message} ${stderr}`));
    });
  });
}
