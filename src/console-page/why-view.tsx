import { useEffect, useRef, useState } from "preact/hooks";
import type { Session, WhyAnswer, WhyAnswers } from "../console/api-types.ts";
import { type ApiClient, ApiProblem } from "./api-client.ts";
import { NodePicture } from "./node-picture.tsx";

const kinds = [
  "Pod",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "Job",
  "CronJob",
  "ReplicationController",
];

type Outcome =
  | { readonly answers: readonly WhyAnswer[] }
  | { readonly problem: string }
  | "asking"
  | undefined;

/** Asks what admission would do with a manifest, or with an object that is named. */
export function WhyView({
  client,
  query,
  session,
}: {
  readonly client: ApiClient;
  readonly query: URLSearchParams;
  readonly session: Session;
}) {
  const [outcome, setOutcome] = useState<Outcome>(undefined);
  const [manifest, setManifest] = useState("");
  const [kind, setKind] = useState(query.get("kind") ?? "Pod");
  const [namespace, setNamespace] = useState(query.get("namespace") ?? session.namespaces[0] ?? "default");
  const [name, setName] = useState(query.get("name") ?? "");
  const asked = useRef(0);
  const ask = async (question: unknown) => {
    asked.current += 1;
    const number = asked.current;
    // The answer to an earlier question may come later than this one's.
    const tell = (told: Outcome) => number === asked.current && setOutcome(told);
    tell("asking");
    try {
      tell({ answers: (await client.post<WhyAnswers>("why", question)).answers });
    } catch (error) {
      tell({ problem: error instanceof ApiProblem ? error.message : String(error) });
    }
  };
  // A link that names an object is the question itself.
  useEffect(() => {
    if (name !== "") void ask({ kind, namespace, name });
  }, []);
  return (
    <>
      <h1>Why</h1>
      <p class="lead">
        What admission would do with a manifest or an object if it were created now, by the very code of
        admission, and how an object stands against that. Nothing is written.
      </p>
      <div class="questions">
        {session.source === "cluster" && (
          <form
            aria-label="Name an object"
            onSubmit={(event) => {
              event.preventDefault();
              void ask({ kind, namespace, name });
            }}
          >
            <h2>Name an object</h2>
            <label>
              Kind
              <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
                {kinds.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
            <label>
              Namespace
              <input
                value={namespace}
                list="namespaces"
                required
                onInput={(event) => setNamespace(event.currentTarget.value)}
              />
            </label>
            <label>
              Name
              <input value={name} required onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <button type="submit">Ask</button>
          </form>
        )}
        <form
          aria-label="Paste a manifest"
          onSubmit={(event) => {
            event.preventDefault();
            void ask({ manifest, namespace });
          }}
        >
          <h2>Paste a manifest</h2>
          <label>
            YAML or JSON
            <textarea
              rows={8}
              spellcheck={false}
              required
              value={manifest}
              onInput={(event) => setManifest(event.currentTarget.value)}
            />
          </label>
          <label>
            Namespace where it states none
            <input
              value={namespace}
              list="namespaces"
              required
              onInput={(event) => setNamespace(event.currentTarget.value)}
            />
          </label>
          <button type="submit">Ask</button>
        </form>
        <datalist id="namespaces">
          {session.namespaces.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      <p class="quiet" role="status">
        {statusOf(outcome)}
      </p>
      {typeof outcome === "object" && "problem" in outcome && (
        <p class="notice bad" role="alert">
          {outcome.problem}
        </p>
      )}
      {typeof outcome === "object" &&
        "answers" in outcome &&
        outcome.answers.map((answer, index) => <Answer key={`${index} ${answer.title}`} answer={answer} />)}
    </>
  );
}

/** What is read out: the answer itself is long. */
function statusOf(outcome: Outcome): string {
  if (outcome === "asking") return "asking …";
  if (outcome === undefined || "problem" in outcome) return "";
  const { answers } = outcome;
  return answers.length === 1 ? `${answers[0]?.title}: answered below` : `${answers.length} answers below`;
}

const verdictClass = { injected: "well", unchanged: "ended", rejected: "bad" } as const;

function Answer({ answer }: { readonly answer: WhyAnswer }) {
  const { stands } = answer;
  return (
    <article
      class={`answer ${stands === undefined ? verdictClass[answer.verdict] : levelClass[stands.level]}`}
    >
      <h2>{answer.title}</h2>
      {stands !== undefined && <Stands stands={stands} />}
      {stands !== undefined && <h2>If it were made now</h2>}
      <p class="headline">
        <span class={`badge ${verdictClass[answer.verdict]}`}>{answer.headline}</span>
      </p>
      {sectionsOf(answer, true)}
      {answer.nodesHidden !== undefined && (
        <p class="quiet">The picture of the nodes is not shown: {answer.nodesHidden}.</p>
      )}
      {answer.nodes !== undefined && <NodePicture nodes={answer.nodes} affinity={answer.affinity} />}
      {answer.diff.length > 0 && <Diff diff={answer.diff} />}
      {sectionsOf(answer, false)}
    </article>
  );
}

const levelClass = { well: "well", look: "waiting", bad: "bad" } as const;

/** How the object stands in the cluster. */
function Stands({ stands }: { readonly stands: NonNullable<WhyAnswer["stands"]> }) {
  return (
    <section aria-label="How it stands">
      <p class="headline">
        <span class={`badge ${levelClass[stands.level]}`}>{stands.headline}</span>
      </p>
      {stands.sections.map((section) => (
        <SectionOf key={section.heading} section={section} />
      ))}
      {stands.pods.map((pod) => (
        <details key={pod.title} open>
          <summary>
            {pod.title}: {pod.headline}
          </summary>
          {pod.sections.map((section) => (
            <SectionOf key={section.heading} section={section} />
          ))}
        </details>
      ))}
      {stands.unseen.length > 0 && <p class="quiet">Not looked at: {stands.unseen.join("; ")}.</p>}
    </section>
  );
}

/** What comes before the pictures, and what after them. */
const first = ["Why it is refused", "Why", "Warnings", "Volumes", "Note"];

function sectionsOf({ sections }: WhyAnswer, before: boolean) {
  return sections
    .filter(({ heading }) => first.includes(heading) === before)
    .map((section) => <SectionOf key={section.heading} section={section} />);
}

function SectionOf({ section }: { readonly section: WhyAnswer["sections"][number] }) {
  return (
    <section>
      <h3>{section.heading}</h3>
      <ul class="entries">
        {section.entries.map((entry) => (
          <li key={entry.head}>
            <div>{entry.head}</div>
            {entry.more.map((line) => (
              <div key={line}>{line}</div>
            ))}
            {entry.body.map((line) => (
              <div key={line} class="quiet">
                {line}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

const signs = { same: " ", added: "+", removed: "-", gap: "⋯" } as const;

function Diff({ diff }: { readonly diff: WhyAnswer["diff"] }) {
  return (
    <section aria-label="Difference">
      <h3>The pod, before and after</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <pre class="diff" tabIndex={0}>
        {diff.map((line) => (
          <span key={`${line.kind} ${line.before} ${line.after}`} class={line.kind}>
            {line.kind === "gap" ? `⋯ line ${line.after}` : `${signs[line.kind]} ${line.text}`}
          </span>
        ))}
      </pre>
    </section>
  );
}
