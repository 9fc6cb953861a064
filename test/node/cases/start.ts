import { expect, it } from "vitest";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

export function startCases(context: () => CaseContext): void {
  for (const [claim, client] of [
    ["training", "JuiceFS"],
    ["books", "bindfs"],
  ] as const)
    it(`native, ${client}: the first read of the app and of an init container succeeds`, async () => {
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
        table.add(
          "start",
          `native, ${client}: creation to the app's first read`,
          seconds(first.at - started.createdAt),
        );
        const took = await deleted(started, 13);
        table.add("stop", `native, ${client}: deletion to gone, app ends at once`, seconds(took));
      });
    });
}
