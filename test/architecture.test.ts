import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";

/** Which rooms a room may import from; `types` is open to all. docs/architecture.md draws the same arrows. */
const arrows: Readonly<Record<string, readonly string[] | "everything">> = {
  "main.ts": "everything",
  cli: "everything",
  server: ["admission", "cluster", "certs", "telemetry", "config.ts"],
  admission: ["datasets", "platforms", "pod", "cluster", "config.ts", "version.ts"],
  datasets: ["cluster"],
  platforms: [],
  pod: [],
  cluster: [],
  certs: ["cluster"],
  // Whether a pod was missed is for `decide` to say, by the configuration that admission has.
  controllers: ["admission", "cluster", "config.ts", "datasets", "pod", "telemetry"],
  console: ["cluster", "datasets", "pod", "telemetry", "version.ts"],
  "console-page": ["console"],
  telemetry: [],
  types: [],
  "config.ts": ["platforms"],
  "version.ts": [],
};

/** The only rooms in which a library may be imported; the type packages and Node's own modules are open to all. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  fastify: ["server", "console"],
  "@fastify/swagger": ["console"],
  preact: ["console-page"],
  "preact/hooks": ["console-page"],
  "fast-json-patch": ["pod", "types", "cli"],
  "@kubernetes/client-node": ["cluster"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
  selfsigned: ["certs"],
  yaml: ["cluster", "cli"],
  zod: ["config.ts", "platforms", "console"],
};

/** Rooms that compute and nothing else: no clock, no files, no network, no environment. */
const pure = ["admission", "datasets", "platforms", "pod", "types"];

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const source = new URL("../src/", import.meta.url).pathname;
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
  /\.tsx?$/.test(file),
);
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const text = readFileSync(posix.join(source, file), "utf8");
  const statements = text.matchAll(
    /(?:^|\n)(import|export)( type)?[^;"']*?from\s+"([^"]+)"|import\("([^"]+)"\)/g,
  );
  return [...statements].map(([, , type, from, dynamic]) => ({
    file,
    room: roomOf(file),
    target: from ?? dynamic ?? "",
    typeOnly: type !== undefined,
  }));
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? "";
}

/** What a local import leads to, from `src/`. */
function pathOf({ file, target }: Import): string {
  return posix.join(posix.dirname(file), target);
}

/** The files on the shortest way from `start` back to itself. */
function circleThrough(start: string, targets: ReadonlyMap<string, readonly string[]>): string | undefined {
  const ways = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const target of targets.get(way.at(-1) ?? "") ?? []) {
      if (target === start) return [...way, start].join(" → ");
      if (seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return undefined;
}

function isLocal({ target }: Import): boolean {
  return target.startsWith(".");
}

describe("architecture", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it("has only the arrows between rooms that are drawn", () => {
    const wrong = imports.filter(isLocal).flatMap((entry) => {
      const to = roomOf(pathOf(entry));
      const allowed = arrows[entry.room];
      if (to === entry.room || to === "types" || allowed === "everything" || allowed?.includes(to)) return [];
      return [`${entry.file} imports ${entry.target}`];
    });
    expect(wrong).toEqual([]);
  });

  it("draws no arrow that nothing follows", () => {
    const followed = new Set(
      imports.filter(isLocal).map((entry) => `${entry.room} → ${roomOf(pathOf(entry))}`),
    );
    const drawn = Object.entries(arrows).flatMap(([room, targets]) =>
      targets === "everything" ? [] : targets.map((target) => `${room} → ${target}`),
    );
    expect(drawn.filter((arrow) => !followed.has(arrow))).toEqual([]);
  });

  it("is drawn with the same arrows in docs/architecture.md", () => {
    const page = readFileSync(new URL("../docs/architecture.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `src\/([^`/]+)\/?` \| .* \| ([^|]*) \|$/gm)];
    const told = rows.map(([, room = "", cell = ""]) => {
      const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, target = ""]) => target);
      return [room, cell === "everything" ? cell : named.sort()] as const;
    });
    // Who may use the configuration stands in its own row; the version is one constant.
    const files = ["config.ts", "version.ts"];
    const drawn = Object.entries(arrows)
      .filter(([room]) => room !== "version.ts")
      .map(([room, targets]) => [
        room,
        targets === "everything" ? targets : targets.filter((target) => !files.includes(target)).sort(),
      ]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(drawn));
  });

  it("has no circle of imports, of types neither", () => {
    const targets = new Map(
      files.map((file) => [
        file,
        imports.filter((entry) => entry.file === file && isLocal(entry)).map(pathOf),
      ]),
    );
    expect(files.flatMap((file) => circleThrough(file, targets) ?? [])).toEqual([]);
  });

  it("lets the two families of datasets know nothing of each other", () => {
    const families = imports.filter(
      (entry) => /^datasets\/(fluid|juicefs)\//.test(entry.file) && isOtherFamily(entry),
    );
    expect(families).toEqual([]);
  });

  it("lets only certificates and background work write to the cluster", () => {
    const wrong = imports.filter(
      (entry) =>
        pathOf(entry) === "cluster/cluster-writer.ts" &&
        !entry.typeOnly &&
        // The command line puts the parts together.
        !["certs", "controllers", "cli"].includes(entry.room),
    );
    expect(wrong).toEqual([]);
  });

  it("lets the console's page know no more of its server than the types of its answers", () => {
    const wrong = imports.filter(
      ({ room, target, typeOnly }) => room === "console-page" && target.startsWith("../") && !typeOnly,
    );
    expect(wrong).toEqual([]);
  });

  it("imports each library in the room that is named for it", () => {
    const wrong = imports
      .filter((entry) => !isLocal(entry) && !entry.typeOnly && !entry.target.startsWith("node:"))
      .filter(({ room, target }) => libraries[target]?.includes(room) !== true);
    expect(wrong).toEqual([]);
  });

  it("keeps the deciding rooms pure", () => {
    const allowed = ["node:path", "node:crypto"];
    const wrong = imports.filter(
      ({ room, target }) => pure.includes(room) && target.startsWith("node:") && !allowed.includes(target),
    );
    expect(wrong).toEqual([]);
    for (const file of files.filter((candidate) => pure.includes(roomOf(candidate)))) {
      const text = readFileSync(posix.join(source, file), "utf8");
      expect(text, file).not.toMatch(/\bDate\.now\b|new Date\(|Math\.random|\bprocess\./);
    }
  });

  it("reads the environment and exits in main.ts only", () => {
    for (const file of files.filter((candidate) => candidate !== "main.ts")) {
      const text = readFileSync(posix.join(source, file), "utf8");
      expect(text, file).not.toMatch(/process\.(env|argv|exit)\b/);
    }
  });

  it("has files that can be read at one sitting", () => {
    const long = files.filter(
      (file) => readFileSync(posix.join(source, file), "utf8").split("\n").length > 260,
    );
    expect(long).toEqual([]);
  });
});

function isOtherFamily(entry: Import): boolean {
  const from = entry.file.split("/")[1];
  const [room, family] = pathOf(entry).split("/");
  return room === "datasets" && ["fluid", "juicefs"].includes(family ?? "") && family !== from;
}
