import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";
import type { TlsIdentity } from "./gateway.ts";

/** The name of the node that a real kubelet runs on, where there is one. */
export const realNode = "real-node";

/** Who may come to the API server: the common name is the user, the organization its group. */
const clients = {
  admin: ["kubernetes-admin", "system:masters"],
  "kube-controller-manager": ["system:kube-controller-manager"],
  "kube-scheduler": ["system:kube-scheduler"],
  kubelet: [`system:node:${realNode}`, "system:nodes"],
} as const;

/** A cluster's certificates and keys, as files in `folder`. */
export interface Pki {
  /** ca.crt, apiserver.{crt,key}, sa.{key,pub} and a kubeconfig (NAME.conf) for each client. */
  readonly folder: string;
  readonly admin: TlsIdentity;
}

/** Makes certificates for an API server at `server`, an https URL whose host is the address 127.0.0.1. */
export async function makePki(folder: string, server: string): Promise<Pki> {
  const days = 86_400_000;
  const common = {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    notAfterDate: new Date(Date.now() + days),
  } as const;
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text, { mode: 0o600 });

  const made = await generate([{ name: "commonName", value: "kubernetes" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: made.private, cert: made.cert };
  write("ca.crt", ca.cert);
  write("ca.key", ca.key);

  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"];
  const serving = await generate([{ name: "commonName", value: "kube-apiserver" }], {
    ...common,
    ca,
    extensions: [
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...["127.0.0.1", "10.96.0.1"].map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  write("apiserver.crt", serving.cert);
  write("apiserver.key", serving.private);

  const identities = new Map<string, TlsIdentity>();
  for (const [name, [user, group]] of Object.entries(clients)) {
    const subject = [
      { name: "commonName", value: user },
      ...(group === undefined ? [] : [{ name: "organizationName", value: group }]),
    ];
    const pair = await generate(subject, {
      ...common,
      ca,
      extensions: [
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", clientAuth: true },
      ],
    });
    const identity = { ca: ca.cert, cert: pair.cert, key: pair.private };
    identities.set(name, identity);
    write(`${name}.conf`, JSON.stringify(kubeconfig(server, identity)));
  }

  const tokens = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  write("sa.key", tokens.privateKey);
  write("sa.pub", tokens.publicKey);

  const admin = identities.get("admin");
  if (admin === undefined) throw new Error("no certificate was made for admin");
  return { folder, admin };
}

function kubeconfig(server: string, { ca, cert, key }: TlsIdentity): unknown {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "e2e", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [
      { name: "e2e", user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } },
    ],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "e2e" } }],
    "current-context": "e2e",
  };
}
