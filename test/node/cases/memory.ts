import { expect, it } from "vitest";
import { appPod } from "../harness/app-pod.ts";
import { placeOf } from "../harness/storage.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

export function memoryCases(context: () => CaseContext): void {
  it("memory limit too small: told in the log, read again, never an empty directory, deleted in time", async () => {
    const { node, table } = context();
    await node.run(["dd", "if=/dev/zero", `of=${placeOf("training")}/large`, "bs=1M", "count=96"]);
    const pod = appPod("memory-small", {
      script: `
while :; do
  names=$(ls /data 2>&1) || names=error
  case $names in
    error | *"not connected"*) echo "ERR $names" ;;
    *hello.txt*) echo "ok $(cat /data/hello.txt 2>&1)" ;;
    *) echo "EMPTY $names" ;;
  esac
  cat /data/large >/dev/null 2>&1
  sleep 0.05
done`,
      claims: { crowded: "/data" },
      annotations: {
        "sluice.io/client-memory-request": "48Mi",
        "sluice.io/client-memory-limit": "48Mi",
        "sluice.io/client-cpu-request": "10m",
      },
      grace: 5,
    });
    await withPod(context(), pod, async (running) => {
      const killed = await running.line("fluid-fuse-0", /out of memory: \d+ processes killed/, {
        within: 120,
      });
      const again = await running.line("app", /^ok hello/, { since: killed.at, within: 120 });
      table.add(
        "memory",
        "limit too small: killed until the app reads again",
        `${(again.at - killed.at).toFixed(2)} s`,
      );
      expect(running.log("app").filter(({ text }) => text.startsWith("EMPTY"))).toEqual([]);
      await deleted(running, 8);
    });
  });
}
