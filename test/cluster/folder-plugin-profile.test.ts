import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type ManifestCluster, openManifestCluster } from "../../src/cluster/manifest-cluster.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: webhook-plugins, namespace: fluid-system}\n";

function profile(steps: string): string {
  return `${head}data:\n  pluginsProfile: |\n    plugins: {serverful: {withDataset: [${steps}]}}\n`;
}

async function openFolder(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "profile-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  const write = (content: string) => writeFileSync(join(folder, "profile.yaml"), content);
  write(text);
  const told: string[] = [];
  const cluster = await openManifestCluster(folder, {
    follow: false,
    onProblem: ({ message }) => told.push(message),
  });
  closing.push(() => cluster.close());
  const change = async (content: string) => {
    write(content);
    await cluster.refresh([], 10_000);
  };
  return { cluster, told, change };
}

function stepsIn(cluster: ManifestCluster): readonly string[] | undefined {
  return cluster.view.pluginProfile("fluid-system", "webhook-plugins")?.pipelines?.serverful.withDataset;
}

it("a folder's plugin profile counts, and the last good one as long as it is unreadable", async () => {
  const { cluster, told, change } = await openFolder(profile("FilePrefetcher"));
  expect(stepsIn(cluster)).toEqual(["FilePrefetcher"]);
  expect(cluster.contents).toMatchObject({ objects: { PluginProfile: 1 }, ignored: {}, problems: [] });
  await change(profile("FilePrefetchers"));
  expect(stepsIn(cluster)).toEqual(["FilePrefetcher"]);
  expect(told.at(-1)).toMatch(
    /profile\.yaml:1:1: holds ConfigMap fluid-system\/webhook-plugins, which is no valid plugin profile.*"FilePrefetchers" is no plugin/,
  );
  await change(profile("DatasetUsageInjector, RequireNodeWithFuse"));
  expect(stepsIn(cluster)).toEqual(["DatasetUsageInjector", "RequireNodeWithFuse"]);
  expect(cluster.contents.problems).toEqual([]);
  await change("# nothing");
  expect(stepsIn(cluster)).toBeUndefined();
});

it("other ConfigMaps are ignored", async () => {
  const { cluster } = await openFolder(`${head}data: {other: x}\n`);
  expect(cluster.contents).toMatchObject({ objects: {}, ignored: { ConfigMap: 1 } });
});
