import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../console/api-types.ts";
import type { ApiClient, ApiProblem } from "./api-client.ts";
import { DatasetView } from "./dataset-view.tsx";
import { DatasetsView } from "./datasets-view.tsx";
import { OverviewView } from "./overview-view.tsx";
import { Clock } from "./parts.tsx";
import { PodView } from "./pod-view.tsx";
import { PodsView } from "./pods-view.tsx";
import { linkTo, parseRoute, type Route } from "./route.ts";
import { SignIn } from "./sign-in.tsx";
import { usePolled } from "./use-polled.ts";
import { WhyView } from "./why-view.tsx";
import { ageOf, clockOf } from "./words.ts";

const sections = [
  ["", "Overview", "o"],
  ["pods", "Pods", "p"],
  ["datasets", "Datasets", "d"],
  ["why", "Why", "w"],
] as const;

/** The whole console: who has not signed in sees the form for that and nothing else. */
export function App({ client }: { readonly client: ApiClient }) {
  const [signedIn, setSignedIn] = useState(0);
  // Another token is another console.
  return (
    <Clock.Provider value={client.now}>
      <Shell
        key={signedIn}
        client={client}
        goesOn={signedIn > 0}
        onToken={() => setSignedIn((count) => count + 1)}
      />
    </Clock.Provider>
  );
}

function Shell({
  client,
  goesOn,
  onToken,
}: {
  readonly client: ApiClient;
  /** Somebody was here before, who goes on where the page begins. */
  readonly goesOn: boolean;
  readonly onToken: () => void;
}) {
  const route = useRoute();
  useShortcuts();
  const session = usePolled<Session>(client, "session");
  const section = route.parts[0] ?? "";
  const main = useRef<HTMLElement>(null);
  const place = route.parts.join("/");
  const first = useRef(!goesOn);
  useEffect(() => {
    const name = route.parts.length > 1 ? route.parts.slice(1).join("/") : titleOf(section);
    document.title = `${name} · Sluice`;
    // Who goes on by keyboard or reads by ear is told that the page has changed.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [place]);

  const signOut = () => {
    client.token = "";
    onToken();
  };
  const { data, problem, at } = session;
  // Who has been asked for a token is not disturbed by what else goes wrong meanwhile.
  const refusal = useRef<ApiProblem | undefined>(undefined);
  if (problem === undefined && data !== undefined) refusal.current = undefined;
  else if (problem?.status === 401) refusal.current = problem;
  const needsToken = refusal.current !== undefined;
  const trouble = problem?.status === 401 ? undefined : problem;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header>
        <a class="name" href="#/">
          Sluice
        </a>
        {!needsToken && data !== undefined && (
          <nav aria-label="Console">
            {sections.map(([path, title, letter]) => (
              <a
                key={path}
                href={linkTo(path === "" ? [] : [path])}
                aria-current={path === section ? "page" : undefined}
                title={`${title} (g, then ${letter})`}
              >
                {title}
              </a>
            ))}
          </nav>
        )}
        {!needsToken && data !== undefined && (
          <div class="who">
            <span title={data.user}>{shortUser(data.user)}</span>
            {client.token !== "" && (
              <button type="button" class="plain" onClick={signOut}>
                Sign out
              </button>
            )}
          </div>
        )}
      </header>
      <Staleness session={needsToken ? undefined : data} problem={trouble} at={at} />
      <main id="main" ref={main} tabIndex={-1}>
        {needsToken ? (
          <SignIn
            message={refusal.current?.message ?? ""}
            hadToken={client.token !== ""}
            onToken={(token) => {
              client.token = token;
              onToken();
            }}
          />
        ) : data === undefined ? (
          <p class="quiet">{problem === undefined ? "reading …" : ""}</p>
        ) : (
          <View client={client} route={route} session={data} />
        )}
      </main>
      {data !== undefined && !needsToken && (
        <footer>
          Sluice {data.version}, read-only. Keys: <kbd>g</kbd> then <kbd>o</kbd>, <kbd>p</kbd>, <kbd>d</kbd>{" "}
          or <kbd>w</kbd>; <kbd>/</kbd> searches. <a href="openapi.json">API</a>
        </footer>
      )}
    </>
  );
}

function View({
  client,
  route,
  session,
}: {
  readonly client: ApiClient;
  readonly route: Route;
  readonly session: Session;
}) {
  const [section = "", namespace, name] = route.parts;
  const one = namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
  switch (section) {
    case "":
      return <OverviewView client={client} session={session} />;
    case "pods":
      return one === undefined ? (
        <PodsView client={client} query={route.query} session={session} />
      ) : (
        <PodView key={`${one.namespace}/${one.name}`} client={client} {...one} />
      );
    case "datasets":
      return one === undefined ? (
        <DatasetsView client={client} query={route.query} session={session} />
      ) : (
        <DatasetView key={`${one.namespace}/${one.name}`} client={client} {...one} />
      );
    case "why":
      return <WhyView key={route.query.toString()} client={client} query={route.query} session={session} />;
    default:
      return <p class="notice waiting">There is no such page.</p>;
  }
}

/** Since when the page knows nothing new, and why. */
function Staleness({
  session,
  problem,
  at,
}: {
  readonly session: Session | undefined;
  readonly problem: { readonly message: string; readonly since: string | undefined } | undefined;
  readonly at: Date | undefined;
}) {
  const now = useContext(Clock);
  const stale = session?.stale;
  const told = problem?.since ?? (problem === undefined || at === undefined ? stale?.since : undefined);
  const since = told ?? (problem === undefined ? undefined : at?.toISOString());
  const message = problem?.message ?? stale?.problem;
  if (message === undefined) return null;
  // When this page last had an answer is of this machine's clock.
  const age = since === undefined ? "" : ageOf(since, told === undefined ? Date.now() : now());
  return (
    <p class="notice bad banner" role="alert">
      {since !== undefined && (
        <>
          Nothing is known since {clockOf(since)}
          {/* It changes every few seconds, which nobody wants to be told. */}
          <span aria-hidden="true"> ({age})</span>:{" "}
        </>
      )}
      {message}
    </p>
  );
}

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  // At once: between the first picture and an effect after it, a change would be missed.
  useLayoutEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return parseRoute(hash);
}

/** "g" and a letter goes to a view, "/" to the search. */
function useShortcuts() {
  useEffect(() => {
    let going = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (isWriting(event)) return;
      if (event.key === "g") going = event.timeStamp;
      else if (event.key === "/") focusSearch(event);
      else if (event.timeStamp - going < 1_500) goTo(event.key);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function isWriting({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

function focusSearch(event: KeyboardEvent) {
  const search = document.querySelector<HTMLInputElement>("input[type=search]");
  if (search === null) return;
  event.preventDefault();
  search.focus();
}

function goTo(letter: string) {
  const section = sections.find(([, , own]) => own === letter);
  if (section !== undefined) location.hash = linkTo(section[0] === "" ? [] : [section[0]]);
}

function titleOf(section: string): string {
  return sections.find(([path]) => path === section)?.[1] ?? "Console";
}

/** "team/alice" of "system:serviceaccount:team:alice". */
function shortUser(user: string): string {
  return user.replace(/^system:serviceaccount:([^:]+):/, "$1/");
}
