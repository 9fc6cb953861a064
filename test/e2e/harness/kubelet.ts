import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { issueAuthority, issueServingPair } from "../../../src/certs/issue-pair.ts";
import { eventually } from "./eventually.ts";
import { Running } from "./processes.ts";
import type { Replica } from "./replica.ts";
import { sluiceNamespace } from "./replicas.ts";
import type { Sandbox } from "./sandbox.ts";

/** The address that the harness' nodes have, and the port at which the API server looks for their kubelets. */
const address = "10.10.0.1:10250";

/** Lets the API server forward ports of replicas: stands in for the kubelets of all nodes. */
export class Kubelet {
  readonly #podsFile: string;

  private constructor(podsFile: string) {
    this.#podsFile = podsFile;
  }

  /** It ends with the sandbox. */
  static async start(sandbox: Sandbox, folder: string): Promise<Kubelet> {
    const [program, pairFile, podsFile] = ["kubelet.mjs", "kubelet-pair.json", "kubelet-pods.json"].map(
      (file) => join(folder, file),
    );
    if (program === undefined || pairFile === undefined || podsFile === undefined)
      throw new Error("no files");
    const entry = new URL("kubelet-process.ts", import.meta.url).pathname;
    await build({ entryPoints: [entry], outfile: program, bundle: true, platform: "node", format: "esm" });
    const now = Date.now();
    const names = { dns: ["localhost"], ip: ["10.10.0.1"] };
    const { key, cert } = await issueServingPair(await issueAuthority(now), names, now);
    writeFileSync(pairFile, JSON.stringify({ key, cert }));
    writeFileSync(podsFile, "{}");
    const argv = [process.execPath, program, address, pairFile, podsFile];
    const running = new Running("kubelet", sandbox.command(argv), join(folder, "kubelet.log"));
    await eventually("the kubelet listens", () => {
      if (!running.running) throw new Error(running.log());
      return running.log().includes("listening");
    });
    return new Kubelet(podsFile);
  }

  /** The replicas whose ports can be reached from now on. */
  knows(replicas: readonly Replica[]): void {
    const pods = replicas.map((replica) => [`${sluiceNamespace}/${replica.name}`, replica.address]);
    writeFileSync(this.#podsFile, JSON.stringify(Object.fromEntries(pods)));
  }
}
