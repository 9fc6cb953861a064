import { X509Certificate } from "node:crypto";
import { issueAuthority, issueServingPair, type KeyPair } from "../../../src/certs/issue-pair.ts";
import { addCustomKinds } from "./custom-kind.ts";
import { at, type Fields, listAt, textAt } from "./fields.ts";
import { addObject } from "./objects.ts";
import type { TestCluster } from "./test-cluster.ts";

const group = { group: "cert-manager.io", version: "v1" };
const registrations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/** Does for the objects of a namespace what cert-manager does, when it is told to. */
export class CertManager {
  readonly #cluster: TestCluster;
  readonly #namespace: string;

  private constructor(cluster: TestCluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /** Resolves when Certificates and Issuers can be made. */
  static async install(cluster: TestCluster, namespace: string): Promise<CertManager> {
    await addCustomKinds(cluster.api, [
      { ...group, kind: "Certificate", plural: "certificates" },
      { ...group, kind: "Issuer", plural: "issuers" },
    ]);
    return new CertManager(cluster, namespace);
  }

  /**
   * Issues the Certificate `name` anew, by the authority of its Issuer, which is made where it is not there; writes its
   * Secret, and at once the caBundle of each registration that is annotated with it. Resolves with its fingerprint.
   */
  async issue(name: string): Promise<string> {
    const { spec } = await this.#get("certificates", name);
    const issuer = await this.#get("issuers", textAt(spec, "issuerRef", "name"));
    const authority = await this.#authority(textAt(issuer, "spec", "ca", "secretName"));
    const dnsNames = at(spec, "dnsNames");
    const dns = Array.isArray(dnsNames) ? dnsNames.map(String) : [];
    const pair = await issueServingPair(authority, { dns, ip: [] }, Date.now());
    await this.#write(textAt(spec, "secretName"), { ...files(pair), "ca.crt": authority.cert });
    await this.#inject(`${this.#namespace}/${name}`, authority.cert);
    return new X509Certificate(pair.cert).fingerprint256;
  }

  /** Of the Secret that a Certificate of an authority names. */
  async #authority(secretName: string): Promise<KeyPair> {
    const { api } = this.#cluster;
    const { status, body } = await api.send("GET", this.#path(secretName));
    const decoded = (file: string) => Buffer.from(textAt(body, "data", file), "base64").toString();
    if (status === 200) return { cert: decoded("tls.crt"), key: decoded("tls.key") };
    const certificates = await api.list(`${this.#collection("certificates")}`);
    const own = certificates.find((one) => textAt(one, "spec", "secretName") === secretName);
    const by = await this.#get("issuers", textAt(own, "spec", "issuerRef", "name"));
    if (at(own, "spec", "isCA") !== true || at(by, "spec", "selfSigned") === undefined)
      throw new Error(`nobody issues ${secretName}`);
    const made = await issueAuthority(Date.now());
    await this.#write(secretName, { ...files(made), "ca.crt": made.cert });
    return made;
  }

  async #write(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    const { api } = this.#cluster;
    const metadata = { name, namespace: this.#namespace };
    await addObject(api, {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata,
      stringData,
    });
    await api.patch(this.#path(name), { stringData });
  }

  async #inject(certificate: string, authority: string): Promise<void> {
    const { api } = this.#cluster;
    const value = Buffer.from(authority).toString("base64");
    for (const registration of await api.list(registrations)) {
      const annotated = textAt(registration, "metadata", "annotations", "cert-manager.io/inject-ca-from");
      if (annotated !== certificate) continue;
      const entries = listAt(registration, "webhooks").map((_, index) => ({
        op: "add",
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value,
      }));
      await api.patch(`${registrations}/${textAt(registration, "metadata", "name")}`, entries, "json");
    }
  }

  #get(plural: string, name: string): Promise<Fields> {
    return this.#cluster.api.get(`${this.#collection(plural)}/${name}`);
  }

  #collection(plural: string): string {
    return `/apis/${group.group}/${group.version}/namespaces/${this.#namespace}/${plural}`;
  }

  #path(secret: string): string {
    return `/api/v1/namespaces/${this.#namespace}/secrets/${secret}`;
  }
}

function files({ cert, key }: KeyPair): Readonly<Record<string, string>> {
  return { "tls.crt": cert, "tls.key": key };
}
