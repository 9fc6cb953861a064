import { describe, expect, it } from "vitest";
import {
  gateCommand,
  guardCommand,
  isGuardCommand,
  parseSupervisorCommand,
  type SupervisedClient,
  shellLine,
  supervisorCommand,
} from "../../src/pod/client-commands.ts";
import { expandAsKubelet } from "../support/kubelet-expansion.ts";

const views = [
  { path: "/sluice/views/data/view-0", source: ".", readOnly: false },
  { path: "/sluice/views/data/view-$(X)", source: "runs/$(POD_NAME)/$$1", readOnly: true },
];
const clients: SupervisedClient[] = [
  {
    mountPath: "/runtime-mnt/juicefs/default/data/juicefs-fuse",
    views,
    client: ["sh", "-c", "mount $(ARG) $$"],
  },
  { mountPath: "/with $$ and $(HOME)", views: [], client: ["--", "ro", "--"] },
  { mountPath: "/attended", views, client: [] },
  { mountPath: "/data", views: [{ path: "/v", source: "--", readOnly: false }], client: ["x"] },
];
const [first] = clients;

describe("supervisorCommand", () => {
  it.each(clients)("is read back: $mountPath", (client) => {
    expect(parseSupervisorCommand(supervisorCommand(client))).toEqual(client);
  });

  it("names mount path, views and client as plain arguments", () => {
    const client = { mountPath: "/data", views: views.slice(0, 1), client: ["mount.sh", "$(BUCKET)"] };
    const command = supervisorCommand(client);
    expect(command.slice(0, 2)).toEqual(["sh", "-c"]);
    expect(command.slice(3)).toEqual([
      "sluice-supervisor",
      "/data",
      "/sluice/views/data/view-0",
      ".",
      "rw",
      "--",
      "mount.sh",
      "$(BUCKET)",
    ]);
  });

  it("comes out of Kubernetes' expansion as it was meant", () => {
    const command = supervisorCommand({ mountPath: "/a$(HOME)$$", views, client: ["$(POD_NAME)"] });
    const env = { HOME: "/root", POD_NAME: "pod-7", X: "wrong", 1: "wrong", _c: "wrong" };
    const words = command.map((word) => expandAsKubelet(word, env));
    expect(words.slice(4)).toEqual([
      "/a$(HOME)$$",
      "/sluice/views/data/view-0",
      ".",
      "rw",
      "/sluice/views/data/view-$(X)",
      "runs/pod-7/$1",
      "ro",
      "--",
      "pod-7",
    ]);
  });

  it.each([
    ["supervisor", supervisorCommand({ mountPath: "/", views: [], client: [] })],
    ["guard", guardCommand([])],
  ])(
    "brings the %s's script through Kubernetes' expansion whatever variables there are",
    (_name, command) => {
      const script = expandAsKubelet(command[2] ?? "", {});
      const env = Object.fromEntries(
        [...script.matchAll(/\$\(([^)]*)\)/g)].map(([, name]) => [name, "wrong"]),
      );
      expect(Object.keys(env)).not.toEqual([]);
      expect(expandAsKubelet(command[2] ?? "", env)).toBe(script);
      // The shell's own process, which is the only one that may be told of a time limit.
      expect(script).toContain('kill -USR1 "$$"\n');
    },
  );
});

describe("parseSupervisorCommand", () => {
  it("knows another version's script", () => {
    const command = first === undefined ? [] : supervisorCommand(first);
    expect(parseSupervisorCommand(command.with(2, "exit 0"))).toEqual(first);
  });

  it.each<[string, string[] | undefined]>([
    ["no command", undefined],
    ["an empty command", []],
    ["another shell", ["bash", "-c", "", "sluice-supervisor", "/data", "--"]],
    ["another name", ["sh", "-c", "", "supervisor", "/data", "--"]],
    ["a guard", guardCommand(["/sluice/views"])],
    ["no mount path", ["sh", "-c", "", "sluice-supervisor"]],
    ["no end of the views", ["sh", "-c", "", "sluice-supervisor", "/data", "/view", ".", "ro"]],
    ["a view cut short", ["sh", "-c", "", "sluice-supervisor", "/data", "/view", "--", "client"]],
    ["a bad mode", ["sh", "-c", "", "sluice-supervisor", "/data", "/view", ".", "yes", "--"]],
  ])("does not take %s for one", (_what, command) => {
    expect(parseSupervisorCommand(command)).toBeUndefined();
  });
});

describe("guardCommand", () => {
  it("is known again, in another version too", () => {
    const command = guardCommand(["/sluice/views/$a", "/sluice/clients"]);
    expect(command.slice(3)).toEqual(["sluice-guard", "/sluice/views/$$a", "/sluice/clients"]);
    expect(isGuardCommand(command)).toBe(true);
    expect(isGuardCommand(command.with(2, "exit 0"))).toBe(true);
  });

  it.each([undefined, [], ["sh", "-c", "", "sluice-supervisor"], ["sleep", "600"]])(
    "does not take %j for one",
    (c) => {
      expect(isGuardCommand(c)).toBe(false);
    },
  );
});

describe("gateCommand", () => {
  it("is left as it is, since hooks are not expanded", () => {
    const command = gateCommand(5, ["/sluice/views/data/$a"]);
    expect(command.slice(3)).toEqual(["sluice-gate", "5", "/sluice/views/data/$a"]);
    expect(command[2]).not.toContain("$$");
  });
});

it.each([
  ["supervisor", supervisorCommand({ mountPath: "/", views: [], client: [] }), 8960],
  ["guard", guardCommand([]), 2000],
  ["gate", gateCommand(5, []), 600],
])("the %s is small, without comments and indentation: it travels in every pod", (_name, command, limit) => {
  const script = command[2] ?? "";
  expect(script.length).toBeLessThan(limit);
  expect(script.split("\n").filter((line) => /^\s|^#|\s$|^$/.test(line))).toEqual([]);
});

it("shellLine gives every word to the command as it is", () => {
  expect(shellLine(["sh", "-c", `echo "it's $HOME"`, ""])).toBe(`'sh' '-c' 'echo "it'\\''s $HOME"' ''`);
});
