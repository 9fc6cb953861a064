import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { validate } from "dockerfile-utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const text = readFileSync(new URL("../Dockerfile", import.meta.url), "utf8");

it("is without fault to a linter", () => {
  expect(validate(text)).toEqual([]);
  expect(validate(text.replace("WORKDIR", "WORKDIRECTORY")), "the linter sees faults").not.toEqual([]);
});

describe("what the image is given", () => {
  const place = mkdtempSync(join(tmpdir(), "sluice-image-"));
  const root = join(place, "image");

  /** Does what the last stage does: builds, and copies what is said to be copied. */
  beforeAll(() => {
    execFileSync(process.execPath, ["scripts/build.js", join(place, "dist")]);
    const copied = [...text.matchAll(/^COPY --from=build \/sluice\/(\S+) \/sluice\/$/gm)];
    expect(copied).not.toEqual([]);
    for (const [, source = ""] of copied) cpSync(join(place, source), root, { recursive: true });
  }, 120_000);
  afterAll(() => rmSync(place, { recursive: true }));

  const [command, ...argv] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? "[]") as string[];
  const started = argv.map((argument) => argument.replace(/^\/sluice\//, `${root}/`));

  it("runs by its entrypoint, with nothing beside it", async () => {
    expect(command).toBe("node");
    const { stdout } = await promisify(execFile)(process.execPath, [...started, "--version"], { cwd: place });
    expect(stdout).toMatch(/^sluice \d+\.\d+\.\d+\n$/);
  });

  it("serves the console's page", async () => {
    const argv = ["console", "--cluster", "manifests/examples/cluster", "--listen", "127.0.0.1:0"];
    const child = spawn(process.execPath, [...started, ...argv], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      for await (const line of createInterface(child.stdout)) {
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (url === undefined) continue;
        const [page, script] = await Promise.all([fetch(url), fetch(`${url}/console.js`)]);
        expect([page.status, script.status]).toEqual([200, 200]);
        expect(await page.text()).toContain("console.js");
        return;
      }
      expect.unreachable("the console did not say where it is served");
    } finally {
      child.kill();
    }
  }, 60_000);
});
