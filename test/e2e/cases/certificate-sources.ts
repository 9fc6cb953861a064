import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { issueAuthority, issueServingPair } from "../../../src/certs/issue-pair.ts";
import { servingNames } from "../../../src/certs/serving-names.ts";
import { CertManager } from "../harness/cert-manager.ts";
import { eventually } from "../harness/eventually.ts";
import type { PageCommands } from "../harness/page-commands.ts";
import { sluiceNamespace } from "../harness/replicas.ts";
import { figures, type LoadResult, steadyLoad } from "../harness/steady-load.ts";
import type { TestCluster } from "../harness/test-cluster.ts";
import type { UserShell } from "../harness/user-shell.ts";

const load = { workers: 2, atLeast: 100 };
const setting =
  "helm upgrade sluice manifests/chart -n sluice-system --reset-then-reuse-values --set certificates.source";

/**
 * By `upgrade`, a command that sets values of the chart, and by those of the page `operations`; Sluice keeps its own
 * certificates until the first case and from the last one on.
 */
export function certificateSourceCases(
  cluster: () => TestCluster,
  shell: () => UserShell,
  upgrade: string,
  operations: PageCommands,
): void {
  const upgraded = async (values: string) => {
    await shell().do(`${upgrade} ${values}`);
  };
  const rolledOut = async () => {
    await shell().do("kubectl -n sluice-system rollout status deployment/sluice");
    await cluster().replicas.ready();
  };
  const bothServe = (fingerprint: string) =>
    eventually("both replicas serve the certificate", async () => {
      const { all } = cluster().replicas;
      const served = await Promise.all(all.map((replica) => cluster().servedCertificate(replica)));
      return served.length === 2 && served.every((one) => one === fingerprint);
    });
  const noneFailed = (what: string, result: LoadResult) => {
    process.stdout.write(`${figures(what, result)}\n`);
    expect(result.failed).toEqual([]);
  };

  it("a Secret of the user's takes the place of Sluice's own, and is taken up when it is renewed, without a pod that fails", {
    timeout: 240_000,
  }, async () => {
    const { api } = cluster();
    const authority = await issueAuthority(Date.now());
    const newPair = () => issueServingPair(authority, servingNames("sluice", sluiceNamespace), Date.now());
    const dataOf = async () => {
      const { cert, key } = await newPair();
      return { cert, stringData: { "tls.crt": cert, "tls.key": key, "ca.crt": authority.cert } };
    };
    const first = await dataOf();
    const metadata = { name: "mine", namespace: sluiceNamespace };
    const secrets = `/api/v1/namespaces/${sluiceNamespace}/secrets`;
    await api.createAnew(secrets, { metadata, stringData: first.stringData });
    const change = await steadyLoad(api, load, async () => {
      await upgraded("--set certificates.source=files --set certificates.secretName=mine");
      await rolledOut();
    });
    noneFailed("from its own certificates to those of a Secret", change);
    await bothServe(new X509Certificate(first.cert).fingerprint256);

    const second = await dataOf();
    const renewal = await steadyLoad(api, load, async () => {
      await api.patch(`${secrets}/mine`, { stringData: second.stringData });
      await bothServe(new X509Certificate(second.cert).fingerprint256);
    });
    noneFailed("another pair in the Secret", renewal);
  });

  it("what cert-manager issues is served and trusted without a right to write, and neither the way there nor its renewal fails a pod", {
    timeout: 300_000,
  }, async () => {
    const certManager = await CertManager.install(cluster(), sluiceNamespace);
    const there = await steadyLoad(cluster().api, load, async () => {
      await shell().do(operations.take(`${setting}=files`));
      const first = await certManager.issue("sluice");
      await rolledOut();
      await bothServe(first);
      await shell().do(operations.take(`${setting}=cert-manager`));
      const second = await certManager.issue("sluice");
      await rolledOut();
      await bothServe(second);
    });
    noneFailed("over to cert-manager in two steps", there);
    const account = `--as=system:serviceaccount:${sluiceNamespace}:sluice`;
    for (const right of ["patch mutatingwebhookconfigurations/sluice", "-n sluice-system update secrets"])
      expect((await shell().run(`kubectl auth can-i ${right} ${account}`)).stdout).toBe("no\n");
    const renewal = await steadyLoad(cluster().api, load, async () => {
      await bothServe(await certManager.issue("sluice"));
    });
    noneFailed("a certificate renewed by cert-manager", renewal);
  });

  it("from cert-manager back to certificates of its own fails no pod", { timeout: 240_000 }, async () => {
    const back = await steadyLoad(cluster().api, load, async () => {
      await shell().do(operations.take(`${setting}=own`));
      await rolledOut();
    });
    noneFailed("from cert-manager to its own certificates", back);
    const certificates = "/apis/cert-manager.io/v1/namespaces/sluice-system/certificates";
    expect(await cluster().api.list(certificates)).toEqual([]);
  });
}
