import { expect, it } from "vitest";
import { type ClientReasonInfo, clientReasons } from "../../src/types/client-reasons.ts";
import { type ReasonInfo, reasons } from "../../src/types/reason.ts";
import { reasonRemedies } from "../../src/types/reason-remedies.ts";
import { expectGenerated, readPage } from "./page-file.ts";

const all: [string, ReasonInfo][] = Object.entries(reasons);
const remedies = new Map<string, string>(Object.entries(reasonRemedies));

function list(level: ReasonInfo["level"]): string {
  return all
    .filter(([, reason]) => reason.level === level)
    .map(([code, { meaning, status }]) => {
      const answer = status === undefined ? "" : ` (${status})`;
      return `### ${code}\n\n${meaning[0]?.toUpperCase()}${meaning.slice(1)}${answer}. ${remedies.get(code)}\n`;
    })
    .join("\n");
}

function table(): string {
  const rows = all
    .filter(([, { level }]) => level === "info")
    .map(([code, { meaning }]) => `| \`${code}\` | ${meaning} |\n`);
  return `| code | tells |\n|---|---|\n${rows.join("")}`;
}

function clientTable(): string {
  const found: [string, ClientReasonInfo][] = Object.entries(clientReasons);
  const rows = found.map(([code, { level, meaning, remedy }]) => {
    const what = { ok: "well", wait: "waits", problem: "**trouble**" }[level];
    return `| \`${code}\` | ${what} | ${meaning} | ${remedy} |\n`;
  });
  return `| code | | means | remedy |\n|---|---|---|---|\n${rows.join("")}`;
}

/** UPDATE_GOLDEN=1 writes the page anew. */
it.each([
  ["refusals", list("refusal")],
  ["warnings", list("warning")],
  ["others", table()],
  ["clients", clientTable()],
])("docs/reasons.md lists the %s that there are", (part, rendered) => {
  expectGenerated("reasons.md", part, rendered);
});

it("has a remedy for each refusal and warning, and for nothing else", () => {
  const troubling = all.filter(([, { level }]) => level !== "info").map(([code]) => code);
  expect([...remedies.keys()].sort()).toEqual(troubling.sort());
});

it("shows each code once", () => {
  const page = readPage("reasons.md");
  for (const [code, { level }] of all) {
    const shown = page.split(level === "info" ? `| \`${code}\` |` : `### ${code}\n`).length - 1;
    expect(shown, code).toBe(1);
  }
});
