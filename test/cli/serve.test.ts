import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/serve.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startCaptured } from "./captured-io.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-serve-"));
  await mkdir(join(folder, "cluster"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts `sluice serve`; the folder's own certificates and free ports, unless `args` say otherwise. */
function serve(args: readonly string[] = []) {
  const argv = [
    ...["--cert-dir", join(folder, "certs"), "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"],
    ...args,
  ];
  return startCaptured(run, argv, { KUBECONFIG: "/nowhere/kubeconfig" });
}

const withCluster = () => ["--cluster", join(folder, "cluster")];

function post(url: string, body: unknown): Promise<{ status: number; ms: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const ca = readFileSync(join(folder, "certs", "ca.crt"));
    const options = { method: "POST", ca, headers: { "content-type": "application/json" } };
    request(`${url}/mutate`, options, (response) => {
      response
        .resume()
        .on("end", () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - started }));
    })
      .on("error", reject)
      .end(JSON.stringify(body));
  });
}

describe("sluice serve", () => {
  it("says on one line where it is ready, answers, and stops as asked with exit code 0", async () => {
    const { out, code, stop } = serve([...withCluster(), "--drain-seconds", "0"]);
    await expect.poll(() => out.stdout).not.toBe("");
    const [, url = "", opsUrl = ""] =
      /^sluice is ready on (https:\/\/127\.0\.0\.1:\d+) \(ops (http:\/\/127\.0\.0\.1:\d+)\)\n$/.exec(
        out.stdout,
      ) ?? [];
    expect((await fetch(`${opsUrl}/readyz`)).status).toBe(200);
    expect((await post(url, reviewOf({ metadata: {}, spec: { containers: [] } }))).status).toBe(200);
    stop.abort("SIGTERM");
    expect(await code).toBe(0);
    await expect(fetch(`${opsUrl}/readyz`)).rejects.toThrow();
    expect(out.stdout.split("\n")).toHaveLength(2);
    expect(out.stderr).toContain('"msg":"stopped"');
  });

  it("serves a folder with a broken manifest, and tells what is wrong with it", async () => {
    await writeFile(join(folder, "cluster", "bad.yaml"), "kind: [");
    const { out, code, stop } = serve(withCluster());
    await expect.poll(() => out.stdout).toContain("ready");
    expect(out.stderr).toContain("bad.yaml");
    const opsUrl = /http:[^)]+/.exec(out.stdout)?.[0];
    expect(await (await fetch(`${opsUrl}/metrics`)).text()).toMatch(
      /sluice_problems\{with="manifest"\} [1-9]/,
    );
    stop.abort("SIGINT");
    expect(await code).toBe(0);
  });

  it("shows its help", async () => {
    const { out, code } = serve(["--help"]);
    expect(await code).toBe(0);
    expect(out.stdout).toContain("--cluster DIR");
    expect(out.stderr).toBe("");
  });

  it.each([
    { args: [], message: /kubeconfig \/nowhere\/kubeconfig cannot be used/ },
    { args: ["--cluster"], message: /--cluster needs a value/ },
    { args: ["--cluster", "x", "--listen", "8443"], message: /--listen: "8443" is no address to listen on/ },
    { args: ["--cluster", "x", "--ops-listen", "a:b"], message: /--ops-listen: "a:b" is no address/ },
    {
      args: ["--cluster", "x", "--drain-seconds", "soon"],
      message: /--drain-seconds soon is not a whole number/,
    },
    { args: ["--cluster", "x", "--port", "1"], message: /unknown option --port/ },
    { args: ["--cluster", "/nowhere/cluster"], message: /\/nowhere\/cluster/ },
    { args: ["--cluster", "x", "--config", "/nowhere/config.yaml"], message: /\/nowhere\/config\.yaml/ },
  ])("$args: exit code 2", async ({ args, message }) => {
    const { out, code } = serve(args);
    expect(await code).toBe(2);
    expect(out.stderr).toMatch(message);
    expect(out.stdout).toBe("");
  });

  it("names every bad key of the configuration at once", async () => {
    const config = join(folder, "config.yaml");
    await writeFile(config, "mode: both\nmaxReviewsInWork: 0\ncolour: red\n");
    const { out, code } = serve([...withCluster(), "--config", config]);
    expect(await code).toBe(2);
    for (const key of ["mode", "maxReviewsInWork", "colour"]) expect(out.stderr).toContain(key);
  });

  it("ends with exit code 1 and a clear line when the port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { out, code } = serve([...withCluster(), "--listen", `127.0.0.1:${port}`]);
    expect(await code).toBe(1);
    expect(out.stderr).toContain(
      `sluice serve: cannot listen on 127.0.0.1:${port}: another process listens there`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it("ends with exit code 1 and a clear line when the certificates cannot be used", async () => {
    await mkdir(join(folder, "certs"));
    await writeFile(join(folder, "certs", "tls.crt"), "x");
    await writeFile(join(folder, "certs", "tls.key"), "y");
    const { out, code } = serve(withCluster());
    expect(await code).toBe(1);
    expect(out.stderr).toMatch(/^sluice serve: .*tls\.crt is not a PEM certificate: replace it/m);
  });
});
