import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fields, fieldsOf, textAt } from "./fields.ts";

/** One request as the API server wrote it down. */
export interface AuditEntry {
  readonly user: string;
  readonly verb: string;
  /** "pods" or "pods/status"; "" where no resource was asked for. */
  readonly resource: string;
  readonly namespace: string;
  /** "" where none was named. */
  readonly name: string;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** What the API server writes down of the requests of some users: who, what and which object, but no bodies. */
export class AuditLog {
  /** Flags for the kube-apiserver. None without users, for a rule without users is one for all. */
  readonly flags: readonly string[];
  readonly #file: string;

  /** Its files are under `folder`. `users` as the API server names them, "system:serviceaccount:NAMESPACE:NAME". */
  constructor(folder: string, users: readonly string[]) {
    const policyFile = join(folder, "audit-policy.json");
    this.#file = join(folder, "audit.log");
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      // A watch is written down when it begins, anything else when it is answered.
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata", users }, { level: "None" }],
    };
    writeFileSync(policyFile, JSON.stringify(policy));
    writeFileSync(this.#file, "");
    this.flags =
      users.length === 0 ? [] : [`--audit-policy-file=${policyFile}`, `--audit-log-path=${this.#file}`];
  }

  /** All requests up to now, in the order of their answers; a watch that has ended stands there twice. */
  entries(): AuditEntry[] {
    const lines = readFileSync(this.#file, "utf8").split("\n");
    // The last one may only be written in part.
    return lines.slice(0, -1).map((line) => readEntry(fieldsOf(JSON.parse(line))));
  }
}

function readEntry(event: Fields): AuditEntry {
  const object = event["objectRef"];
  const subresource = textAt(object, "subresource");
  return {
    user: textAt(event, "user", "username"),
    verb: textAt(event, "verb"),
    resource: textAt(object, "resource") + (subresource === "" ? "" : `/${subresource}`),
    namespace: textAt(object, "namespace"),
    name: textAt(object, "name"),
    status: Number(fieldsOf(event["responseStatus"])["code"]),
  };
}
