import { X509Certificate } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type CertificateDirectoryOptions,
  openCertificateDirectory,
} from "../../src/certs/certificate-directory.ts";
import type { CertificateSource } from "../../src/certs/certificate-source.ts";
import { defaultServingNames } from "../../src/certs/serving-names.ts";

const day = 86_400_000;
const start = Date.now();

let parent: string;
let directory: string;
let now: number;
let problems: (string | undefined)[];
let opened: CertificateSource[];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "sluice-certs-"));
  directory = join(parent, "certs");
  now = start;
  problems = [];
  opened = [];
});
afterEach(async () => {
  for (const source of opened) source.close();
  await rm(parent, { recursive: true });
});

async function open(options: Partial<CertificateDirectoryOptions> = {}): Promise<CertificateSource> {
  const source = await openCertificateDirectory(directory, {
    names: defaultServingNames,
    now: () => now,
    pollMs: 20,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  opened.push(source);
  return source;
}

const read = (name: string) => readFile(join(directory, name), "utf8");
const write = (name: string, content: string) => writeFile(join(directory, name), content);
const remove = (...names: string[]) => Promise.all(names.map((name) => unlink(join(directory, name))));
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe("an empty folder", () => {
  it("gets a CA and a certificate for every name, keys and folder for the owner alone", async () => {
    const { current } = await open();
    expect((await readdir(directory)).sort()).toEqual(["ca.crt", "ca.key", "tls.crt", "tls.key"]);
    expect(await modeOf(directory)).toBe(0o700);
    expect(await modeOf(join(directory, "ca.key"))).toBe(0o600);
    expect(await modeOf(join(directory, "tls.key"))).toBe(0o600);
    expect(current).toMatchObject({
      cert: await read("tls.crt"),
      key: await read("tls.key"),
      ca: await read("ca.crt"),
    });

    const leaf = new X509Certificate(current.cert);
    const authority = new X509Certificate(current.ca ?? "");
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect([authority.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    for (const name of [
      "localhost",
      "sluice.sluice-system.svc",
      "fluid-pod-admission-webhook.fluid-system.svc",
    ]) {
      expect(leaf.checkHost(name)).toBe(name);
    }
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(leaf.checkHost("kubernetes.default.svc")).toBeUndefined();
    expect(Date.parse(leaf.validFrom)).toBeLessThanOrEqual(start - day / 24);
    expect(current.notAfter.getTime()).toBeGreaterThan(start + 80 * day);
  });
});

describe("what we made", () => {
  it("is used again", async () => {
    const first = await open();
    const second = await open();
    expect(second.current).toEqual(first.current);
  });

  it.each([
    { name: "two thirds of its life are over", daysLater: 61, again: true },
    { name: "less is over", daysLater: 59, again: false },
    { name: "it has expired", daysLater: 100, again: true },
  ])("is made again by the same CA when $name: $again", async ({ daysLater, again }) => {
    const first = await open({ pollMs: 100_000 });
    now += daysLater * day;
    const second = await open();
    expect(second.current.cert !== first.current.cert).toBe(again);
    expect(second.current.ca).toBe(first.current.ca);
    expect(
      new X509Certificate(second.current.cert).verify(new X509Certificate(await read("ca.crt")).publicKey),
    ).toBe(true);
  });

  it("is made again, CA and all, when the CA is near its end", async () => {
    const first = await open({ pollMs: 100_000 });
    now += 4 * 365 * day;
    const second = await open();
    expect(second.current.ca).not.toBe(first.current.ca);
    expect(await read("ca.crt")).toBe(second.current.ca);
    expect(new X509Certificate(second.current.ca ?? "").subject).not.toBe(
      new X509Certificate(first.current.ca ?? "").subject,
    );
  });

  it("is made again when a name is missing", async () => {
    const first = await open({ pollMs: 100_000 });
    const second = await open({ names: { dns: [...defaultServingNames.dns, "webhook.example"], ip: [] } });
    expect(second.current.ca).toBe(first.current.ca);
    expect(new X509Certificate(second.current.cert).checkHost("webhook.example")).toBe("webhook.example");
  });

  it("is renewed while it is served", async () => {
    const source = await open();
    const served: string[] = [];
    source.onChange(({ cert }) => served.push(cert));
    const before = source.current.cert;
    now += 61 * day;
    await expect.poll(() => served.length).toBe(1);
    expect(served[0]).toBe(source.current.cert);
    expect(served[0]).not.toBe(before);
  });
});

describe("what somebody else put there", () => {
  beforeEach(async () => {
    const { close } = await open();
    close();
    await remove("ca.key");
  });

  it("is served and never written over, not even near its end", async () => {
    const before = await read("tls.crt");
    now += 80 * day;
    expect((await open()).current.cert).toBe(before);
    expect((await readdir(directory)).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  });

  it("is not served once it has expired", async () => {
    now += 91 * day;
    await expect(open()).rejects.toThrow(/tls\.crt expired on .*: put a new pair there, or remove/);
  });

  it("is not completed", async () => {
    await remove("tls.crt", "tls.key");
    await expect(open()).rejects.toThrow(
      /tls\.crt is missing beside ca\.crt: put tls\.crt and tls\.key there, or remove ca\.crt/,
    );
  });
});

describe("files that cannot be used stop the start, named, with a remedy, and stay as they are", () => {
  beforeEach(async () => (await open()).close());

  it.each([
    {
      name: "tls.crt is no certificate",
      files: { "tls.crt": "x" },
      error: /tls\.crt is not a PEM certificate: replace it, or remove it/,
    },
    { name: "tls.crt is empty", files: { "tls.crt": "" }, error: /tls\.crt is not a PEM certificate/ },
    {
      name: "tls.key is no key",
      files: { "tls.key": "x" },
      error: /tls\.key is not a PEM private key without passphrase: replace it/,
    },
    {
      name: "tls.key is another key",
      copy: ["ca.key", "tls.key"],
      error: /tls\.key is not the key of .*tls\.crt: put the matching pair/,
    },
    { name: "ca.crt is no certificate", files: { "ca.crt": "x" }, error: /ca\.crt is not a PEM certificate/ },
    {
      name: "ca.key is another key",
      copy: ["tls.key", "ca.key"],
      error: /ca\.key is not the key of .*ca\.crt/,
    },
    {
      name: "tls.key is missing",
      remove: ["tls.key"],
      error: /tls\.key is missing beside tls\.crt: put it there, or remove tls\.crt/,
    },
    { name: "ca.crt is missing", remove: ["ca.crt"], error: /ca\.crt is missing beside ca\.key/ },
  ])("$name", async ({ files = {}, copy, remove: gone = [], error }) => {
    for (const [name, content] of Object.entries(files)) await write(name, content);
    if (copy?.[0] !== undefined && copy[1] !== undefined) await write(copy[1], await read(copy[0]));
    await remove(...gone);
    const before = await Promise.all((await readdir(directory)).map(read));
    await expect(open()).rejects.toThrow(error);
    expect(await Promise.all((await readdir(directory)).map(read))).toEqual(before);
  });

  it("tls.crt is of another CA", async () => {
    const [cert, key] = [await read("tls.crt"), await read("tls.key")];
    await rm(directory, { recursive: true });
    (await open()).close();
    await write("tls.crt", cert);
    await write("tls.key", key);
    await expect(open()).rejects.toThrow(
      /tls\.crt is not signed by the ca\.crt beside it: remove ca\.key to have it served/,
    );
    expect(await read("tls.key")).toBe(key);
  });

  it("a file that is a folder", async () => {
    await remove("tls.crt");
    await mkdir(join(directory, "tls.crt"));
    await expect(open()).rejects.toThrow(/tls\.crt cannot be read \(EISDIR\): make it readable/);
  });

  it("a folder that cannot be made", async () => {
    await write("file", "");
    directory = join(directory, "file", "certs");
    await expect(open()).rejects.toThrow(/cannot be (read|written) \(ENOTDIR\)/);
  });

  it.skipIf(process.getuid?.() === 0)("a key without permission", async () => {
    await chmod(join(directory, "tls.key"), 0);
    await expect(open()).rejects.toThrow(/tls\.key cannot be read \(EACCES\): make it readable/);
  });
});

describe("files that go bad while they are served", () => {
  it("are reported once, the old pair stays, and good ones are taken up again", async () => {
    const source = await open();
    const { current } = source;
    const good = await read("tls.crt");
    await write("tls.crt", "half a certificate");
    await expect
      .poll(() => problems)
      .toEqual([expect.stringMatching(/tls\.crt is not a PEM.*still served$/)]);
    await write("tls.crt", "another half");
    await remove("tls.key");
    await expect.poll(() => problems).toHaveLength(2);
    expect(problems[1]).toMatch(/tls\.key is missing/);
    expect(source.current).toEqual(current);
    await write("tls.crt", good);
    await write("tls.key", current.key);
    await expect.poll(() => problems.at(-1)).toBeUndefined();
    expect(source.current).toEqual(current);
  });

  it("or vanish", async () => {
    const source = await open();
    const { current } = source;
    await remove("ca.key", "ca.crt", "tls.key", "tls.crt");
    await expect
      .poll(() => problems.at(-1))
      .toMatch(/tls\.crt and tls\.key have gone from .*: put them back/);
    expect(source.current).toEqual(current);
    expect(await readdir(directory)).toEqual([]);
  });
});
