/** What the last lines of a supervisor's log tell of its mount. */
export interface ClientLog {
  /** Whether the mount is there, by the last that was said of it; undefined: nothing was said. */
  readonly mounted: boolean | undefined;
  /** Processes that the kernel has killed in the container for want of memory. */
  readonly oomKills: number;
  /** Views that cannot be served, each with why. */
  readonly refusedViews: readonly string[];
  /** The last line about what is wrong, without "sluice: "; undefined where nothing is. */
  readonly trouble: string | undefined;
  /** The last line of the client's own. */
  readonly lastWords: string | undefined;
}

const own = "sluice: ";

/** Reads what a supervisor has logged (src/pod/scripts/supervisor.sh), of this or another version. */
export function readClientLog(text: string): ClientLog {
  let mounted: boolean | undefined;
  let oomKills = 0;
  let trouble: string | undefined;
  let lastWords: string | undefined;
  const refused = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(own)) {
      if (line.trim() !== "") lastWords = line.trim();
      continue;
    }
    const said = line.slice(own.length);
    const [, view, state] = /^view (\S+?):? (.*)$/.exec(said) ?? [];
    const killed = /^out of memory: (\d+) processes? killed/.exec(said)?.[1];
    if (view !== undefined && state === "is served") refused.delete(view);
    else if (view !== undefined) refused.set(view, said);
    else if (killed !== undefined) oomKills = Math.max(oomKills, Number(killed));
    else if (/^mounted at /.test(said)) {
      mounted = true;
      trouble = undefined;
    } else if (isTrouble(said)) {
      mounted = false;
      trouble = said;
    }
  }
  return { mounted, oomKills, refusedViews: [...refused.values()], trouble, lastWords };
}

function isTrouble(said: string): boolean {
  return (
    /^the mount at .* is (gone|dead)$/.test(said) ||
    /^client (ended|has not mounted|was killed)/.test(said) ||
    / does not answer$/.test(said)
  );
}
