import { expect, it } from "vitest";
import { run } from "../../src/cli/console.ts";
import { readConsoleOptions } from "../../src/cli/console-options.ts";
import { runCaptured } from "./captured-io.ts";

it("serves a live cluster's console on this machine unless told otherwise", () => {
  expect(readConsoleOptions([])).toEqual({
    cluster: undefined,
    kubeconfig: undefined,
    context: undefined,
    listen: { host: "127.0.0.1", port: 8090 },
    opsListen: { host: "127.0.0.1", port: 8082 },
    audience: "sluice-console",
    config: undefined,
  });
});

it.each([
  [["--cluster", "x", "--listen", ":8090"], "no token is asked for"],
  [["--cluster", "x", "--listen", "10.0.0.1:8090"], "no token is asked for"],
  [["--cluster", "x", "--kubeconfig", "y"], "give one of them"],
  [["--audience", ""], "--audience cannot be empty"],
  [["--listen", "8090"], "--listen"],
  [["--colour"], "unknown option --colour"],
])("refuses %j", async (argv, message) => {
  const { code, stderr } = await runCaptured(run, argv);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

it.each(["127.0.0.1:0", "127.1.2.3:0", "[::1]:0", "localhost:0"])("takes %s for a folder", (listen) => {
  expect(readConsoleOptions(["--cluster", "x", "--listen", listen])).toMatchObject({ cluster: "x" });
});

it("says what is wrong with a folder that is not there", async () => {
  const { code, stderr } = await runCaptured(run, [
    "--cluster",
    "/no/such/folder",
    "--listen",
    "127.0.0.1:0",
  ]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("cluster folder /no/such/folder cannot be read"),
  ]);
});
