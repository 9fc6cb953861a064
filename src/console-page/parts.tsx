import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Health, PodRow } from "../console/api-types.ts";
import type { Polled } from "./keep-asking.ts";
import { ageOf, clockOf } from "./words.ts";

const healthWords: Readonly<Record<Health, string>> = {
  well: "well",
  waiting: "waiting",
  bad: "in trouble",
  ended: "ended",
};

/** Never by colour alone. */
export function HealthBadge({ health, word }: { readonly health: Health; readonly word?: string }) {
  const sign = { well: "●", waiting: "◐", bad: "▲", ended: "○" }[health];
  return (
    <span class={`badge ${health}`}>
      <span aria-hidden="true">{sign}</span> {word ?? healthWords[health]}
    </span>
  );
}

/** By what clock ages are told, in milliseconds since 1970. */
export const Clock = createContext<() => number>(Date.now);

/** "3 min" since a time of the server's. */
export function Age({ of }: { readonly of: string | undefined }) {
  const now = useContext(Clock);
  return <>{ageOf(of, now())}</>;
}

const cacheWords: Readonly<Record<PodRow["cache"], string>> = {
  on: "on its cache",
  off: "off its cache",
  unplaced: "no node yet",
  unlabelled: "not known",
};

export function cacheWord(cache: PodRow["cache"]): string {
  return cacheWords[cache];
}

export const serviceWords: Readonly<Record<PodRow["service"], string>> = {
  sidecar: "client in the pod",
  csi: "CSI driver of the node",
  missed: "missed: no client",
};

export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }) {
  const told = facts.filter(([, value]) => value !== undefined && value !== "");
  return (
    <dl class="facts">
      {told.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What a view shows while it has nothing, or nothing new. */
export function Loaded<Answer>({
  polled,
  children,
}: {
  readonly polled: Polled<Answer>;
  readonly children: (data: Answer) => ComponentChildren;
}) {
  const { data, problem, at } = polled;
  return (
    <>
      {problem !== undefined && (
        <p class={`notice ${data === undefined ? "bad" : "waiting"}`} role="status">
          {problem.message}
          {data !== undefined && at !== undefined && ` (what is shown is of ${clockOf(at)})`}
        </p>
      )}
      {data === undefined && problem === undefined && <p class="quiet">reading …</p>}
      {data !== undefined && children(data)}
    </>
  );
}

/** A table that scrolls by itself on small screens, and can be reached by keyboard for that. */
export function Table({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section class="table" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}

export function PartialNote({ everywhere }: { readonly everywhere: boolean }) {
  if (everywhere) return null;
  return <p class="notice quiet">Only the namespaces that your token may see are shown and counted.</p>;
}

/** A part from 0 to 1, as a bar and in percent. */
export function Meter({ part }: { readonly part: number }) {
  const percent = `${Math.round(part * 100)} %`;
  return (
    <span class="meter">
      <meter min={0} max={1} value={part} aria-label={`${percent} cached`} /> {percent}
    </span>
  );
}
