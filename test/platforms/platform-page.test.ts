import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { builtInPlatforms } from "../../src/platforms/catalog.ts";
import { renderPlatformPage } from "./platform-page.ts";

const page = new URL("../../docs/platforms.md", import.meta.url);

/** UPDATE_GOLDEN=1 writes the page anew: read the diff before it is committed. */
it("docs/platforms.md is what the platforms say today", () => {
  const rendered = renderPlatformPage(builtInPlatforms);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(page, rendered);
  expect(readFileSync(page, "utf8")).toBe(rendered);
});

it("has a section for each platform, with all that is not confirmed of it", () => {
  const rendered = renderPlatformPage(builtInPlatforms);
  for (const { name, unconfirmed } of builtInPlatforms) {
    expect(rendered).toContain(`\n## ${name}\n`);
    for (const [field, note] of Object.entries(unconfirmed))
      expect(rendered).toContain(`\`${field}\`: ${note}`);
  }
});
