import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { consoleDecisions } from "../../src/cli/console-decisions.ts";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { isRawObject, type RawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../src/config.ts";
import { type Access, openAccess, type Right } from "../../src/console/access.ts";
import { sharingReader } from "../../src/console/alike-parts.ts";
import { buildConsole } from "../../src/console/build-console.ts";
import type { ConsoleData } from "../../src/console/console-data.ts";
import { folderData } from "../../src/console/folder-data.ts";
import type { PodRecord } from "../../src/console/pod-record.ts";
import { portOf } from "../../src/server/listen-address.ts";
import { createLog } from "../../src/telemetry/log.ts";

const examples = new URL("../../manifests/examples/cluster", import.meta.url).pathname;

/** A console that is served on this machine, over the examples' cluster with these pods. */
export interface ServedConsole {
  readonly url: string;
  readonly data: ConsoleData;
  /** Puts a pod in, or in place of the one of its name. */
  put(pod: RawObject): void;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<ConsoleAnswer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<ConsoleAnswer>;
  close(): Promise<void>;
}

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ServeOptions {
  readonly access?: Access;
  readonly localOnly?: boolean;
  readonly change?: (data: ConsoleData) => ConsoleData;
  /** The folder of the built page; left out, files stand for it that only hold their names. */
  readonly pageFolder?: URL;
}

export async function serveConsole(options: ServeOptions = {}): Promise<ServedConsole> {
  const { access = openAccess, localOnly = false, change = (data) => data } = options;
  const cluster = await openManifestCluster(examples, { follow: false, kubernetesVersion: "1.33" });
  const raws = new Map<string, RawObject>();
  const records = new Map<string, PodRecord>();
  let revision = 0;
  const decisions = consoleDecisions(cluster, defaultConfig);
  const readRecord = sharingReader((raw) => decisions.judgeMissed(raw));
  const data = change({
    ...folderData(cluster, defaultConfig.juicefs.driver, decisions),
    source: "cluster",
    pods: {
      entries: () => records.entries(),
      get revision() {
        return revision;
      },
    },
    readObject: async ({ namespace, name }) => raws.get(`${namespace}/${name}`),
    readNode: async (name) => ({
      metadata: { name, labels: { ...cluster.view.node(name)?.labels } },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    }),
    readSome: async (kind, namespace) => ({
      objects: [...raws.values()].filter(
        (raw) => raw["kind"] === kind && Object(raw["metadata"]).namespace === namespace,
      ),
      more: false,
    }),
  });
  const folder = mkdtempSync(join(tmpdir(), "sluice-page-"));
  for (const file of ["index.html", "console.js", "console-style.css", "icon.svg"])
    writeFileSync(join(folder, file), file);
  const app = await buildConsole({
    data,
    access,
    localOnly,
    pageFolder: options.pageFolder ?? pathToFileURL(`${folder}/`),
    log: createLog("silent", process.stderr),
    onAnswer: () => undefined,
    now: Date.now,
    // Nothing that is made for seconds is kept between two calls of a test.
    elapsed: (() => {
      let time = 0;
      return () => {
        time += 60_000;
        return time;
      };
    })(),
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${portOf(app)}`;
  const ask = async (path: string, init: RequestInit): Promise<ConsoleAnswer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  return {
    url,
    data,
    put: (pod) => {
      const record = readRecord(pod);
      const { namespace, name } = Object(pod["metadata"]);
      raws.set(`${namespace}/${name}`, pod);
      if (record !== undefined) records.set(`${namespace}/${name}`, record);
      revision += 1;
    },
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
      await cluster.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Everybody is who the token says, and may do what `may` says. */
export function accessOf(may: (user: string, right: Right) => boolean): Access {
  return {
    viewer: async (authorization) => {
      const user = authorization?.replace("Bearer ", "") ?? "";
      return { user, may: async (right) => may(user, right) };
    },
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return isRawObject(body) ? body : {};
  } catch {
    return {};
  }
}
