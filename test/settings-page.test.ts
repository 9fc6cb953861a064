import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { sluice } from "../src/admission/labels.ts";
import { defaultConfig, parseConfig } from "../src/config.ts";

const page = readFileSync(new URL("../docs/settings.md", import.meta.url), "utf8");
const shown = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";

it("shows every key of the configuration with its default", () => {
  expect(parseConfig(parse(shown))).toEqual(defaultConfig);
  const keys = Object.keys(defaultConfig).filter((key) => !new RegExp(`^(# )?${key}:`, "m").test(shown));
  expect(keys).toEqual([]);
});

it.each(Object.values(sluice).filter((key) => typeof key === "string"))("names %s", (key) => {
  expect(page.includes(key), `docs/settings.md names ${key}`).toBe(true);
});
