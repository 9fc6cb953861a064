import { expect, it } from "vitest";
import { appPod, reader } from "../harness/app-pod.ts";
import { mebibytes, seconds } from "../harness/case-table.ts";
import { type CaseContext, deleted, refusal, withPod } from "./case-context.ts";

const clients = [
  ["training", "JuiceFS"],
  ["books", "bindfs"],
] as const;

export function startCases(context: () => CaseContext): void {
  it("no dataset: how long the same pod takes by itself", async () => {
    const { table } = context();
    const pod = appPod("start-plain", {
      script: reader("/etc/hostname"),
      initScripts: ["cat /etc/hostname"],
      claims: {},
    });
    await withPod(context(), pod, async (started) => {
      const first = await started.line("app", /^ok /);
      table.add(
        "start",
        "no dataset: creation to the app's first read",
        seconds(first.at - started.createdAt),
      );
      table.add("stop", "no dataset: deletion to gone", seconds(await deleted(started, 5)));
    });
  });

  it.each(clients)(
    "native, %s (%s): the first read of app and init container succeeds",
    async (claim, client) => {
      const { table } = context();
      const pod = appPod(`start-native-${claim}`, {
        script: reader("/data/hello.txt"),
        initScripts: ["cat /data/hello.txt"],
        claims: { [claim]: "/data" },
      });
      await withPod(context(), pod, async (started) => {
        const first = await started.line("app", /./);
        expect(first.text).toBe("ok hello");
        expect(started.log("init-0").map(({ text }) => text)).toEqual(["hello"]);
        const what = `native, ${client}: creation to the app's first read`;
        table.add("start", what, seconds(first.at - started.createdAt));
        table.add(
          "start",
          `native, ${client}: memory of the client at rest`,
          mebibytes(await started.memory("fluid-fuse-0")),
        );
        table.add(
          "start",
          `native, ${client}: memory of the guard`,
          mebibytes(await started.memory("sluice-guard")),
        );
        table.add("stop", `native, ${client}: deletion to gone`, seconds(await deleted(started, 5)));
      });
    },
  );

  it.each(clients)("classic, %s (%s): the app's first read succeeds", async (claim, client) => {
    const { table } = context();
    const pod = appPod(`start-classic-${claim}`, {
      script: reader("/data/hello.txt", 3),
      claims: { [claim]: "/data" },
      annotations: { "sluice.io/sidecar": "classic" },
    });
    await withPod(context(), pod, async (started) => {
      const first = await started.line("app", /./);
      expect(first.text).toBe("ok hello");
      table.add(
        "start",
        `classic, ${client}: creation to the app's first read`,
        seconds(first.at - started.createdAt),
      );
      const took = await deleted(started, 13);
      expect(started.log("app").filter(({ text }) => text.startsWith("ERR"))).toEqual([]);
      table.add("stop", `classic, ${client}: deletion to gone, app reads on for 3 s`, seconds(took));
    });
  });

  it("classic: an init container that needs data is refused", async () => {
    const said = await refusal(
      context(),
      appPod("start-classic-init", {
        script: "true",
        initScripts: ["cat /data/hello.txt"],
        claims: { training: "/data" },
        annotations: { "sluice.io/sidecar": "classic" },
      }),
    );
    expect(said).toContain("init-0");
  });
}
