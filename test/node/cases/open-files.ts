import { expect, it } from "vitest";
import { appPod } from "../harness/app-pod.ts";
import type { NodePod } from "../harness/node-pod.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

/** Says "ok TEXT" or "ERR MESSAGE" of a file it opens each time; on USR1, what has become of one that it has kept open. */
const script = `
exec 3</data/train/part-1
trap 'if cat <&3 >/dev/null 2>&1; then echo "open file: alive"; else echo "open file: dead"; fi' USR1
while :; do
  if out=$(cat /data/hello.txt 2>&1); then echo ok $out; else echo ERR $out; fi
  sleep 0.05
done`;

type Victim = "processes" | "serving process" | "container";

/** What becomes of files that are open across the client's death, in each layout. */
export function openFileCases(context: () => CaseContext): void {
  it.each<[sidecar: string, claim: string, client: string, victim: Victim, becomes: string]>([
    ["native", "training", "juicefs", "processes", "dead"],
    ["native", "training", "juicefs", "container", "dead"],
    ["native", "training", "juicefs", "serving process", "alive"],
    ["native", "books", "bindfs", "processes", "dead"],
    ["native", "books", "bindfs", "container", "dead"],
    ["classic", "training", "juicefs", "processes", "dead"],
    ["classic", "training", "juicefs", "container", "dead"],
  ])(
    "%s, %s: a file open across the death of %s's %s: %s",
    async (sidecar, claim, client, victim, becomes) => {
      const { table } = context();
      const pod = appPod(`open-${sidecar}-${claim}-${victim.replace(" ", "-")}`, {
        script,
        claims: { [claim]: "/data" },
        annotations: { "sluice.io/sidecar": sidecar },
        // The kubelet starts a classic client again only where it starts the app again.
        spec: { restartPolicy: "Always" },
        grace: 2,
      });
      await withPod(context(), pod, async (running) => {
        await running.line("app", /^ok/);
        const killedAt = await kill(running, client, victim);
        await running.line("app", /^ok/, { since: killedAt + 0.2 });
        if (victim !== "serving process") {
          await running.line("fluid-fuse-0", /is served/, { since: killedAt });
          await running.line("app", /^ok/, { since: Date.now() / 1000 });
        }
        await askOfOpenFile(running);
        const said = await running.line("app", /^open file/);
        table.add("open", `${sidecar}, ${client}: its ${victim} killed`, said.text);
        expect(said.text).toBe(`open file: ${becomes}`);
        expect(await running.restarts("app")).toBe(0);
        await deleted(running, 5);
      });
    },
  );

  it("classic, the pod is never started again: its client's container stays dead, and the pod can go", async () => {
    const pod = appPod("open-classic-never", {
      script,
      claims: { training: "/data" },
      annotations: { "sluice.io/sidecar": "classic" },
      grace: 2,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const killedAt = await running.signalContainer("fluid-fuse-0", "KILL");
      await running.line("app", /^ERR .*not connected/, { since: killedAt });
      expect(await running.restarts("fluid-fuse-0")).toBe(0);
      await deleted(running, 5);
    });
  });
}

async function kill(pod: NodePod, client: string, victim: Victim): Promise<number> {
  if (victim === "container") return pod.signalContainer("fluid-fuse-0", "KILL");
  const processes = await pod.processesOf("fluid-fuse-0", client);
  const serving = processes.filter(({ parent }) => processes.some(({ id }) => id === parent));
  return pod.signal(victim === "processes" ? processes : serving, "KILL");
}

async function askOfOpenFile(pod: NodePod): Promise<void> {
  const [shell] = await pod.processes("app");
  await pod.signal(shell === undefined ? [] : [shell], "USR1");
}
