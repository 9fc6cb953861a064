import type { Overview, Problem, Session } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { Age, Loaded, PartialNote } from "./parts.tsx";
import { linkTo } from "./route.ts";
import { usePolled } from "./use-polled.ts";
import { plural } from "./words.ts";

export function OverviewView({ client, session }: { readonly client: ApiClient; readonly session: Session }) {
  const polled = usePolled<Overview>(client, "overview");
  return (
    <>
      <h1>Overview</h1>
      <Loaded polled={polled}>
        {(data) => (
          <>
            <PartialNote everywhere={data.everywhere} />
            <Tiles data={data} session={session} />
            <Problems data={data} />
            {session.source === "cluster" && <Hours data={data} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Tiles({ data, session }: { readonly data: Overview; readonly session: Session }) {
  const { pods, datasets } = data;
  const tile = (count: number, what: string, to: string, more: string, health = "") => (
    <a class={`tile ${count > 0 ? health : ""}`} href={to}>
      <strong>{count.toLocaleString("en")}</strong>
      <span>{what}</span>
      <small>{more}</small>
    </a>
  );
  return (
    <div class="tiles">
      {tile(
        datasets.total,
        "datasets",
        linkTo(["datasets"]),
        datasets.ready === datasets.total
          ? "pods can have all of them"
          : `pods can have ${datasets.ready} of them`,
      )}
      {session.source === "cluster" && (
        <>
          {tile(
            pods.total,
            "pods with datasets",
            linkTo(["pods"]),
            `${pods.sidecar} by clients, ${pods.csi} by the node's driver`,
          )}
          {tile(
            pods.on,
            "on their cache",
            linkTo(["pods"], { cache: "on" }),
            `${pods.off} off it, ${pods.unplaced} without node`,
            "well",
          )}
          {tile(
            pods.health.bad,
            "pods in trouble",
            linkTo(["pods"], { health: "bad" }),
            `${pods.health.waiting} waiting`,
            "bad",
          )}
          {tile(
            pods.missed,
            "pods missed",
            linkTo(["pods"], { service: "missed" }),
            "made without the clients they ask for",
            "bad",
          )}
        </>
      )}
    </div>
  );
}

const kinds = { pod: "Pod", dataset: "Dataset", refusal: "Refused" } as const;

function Problems({ data }: { readonly data: Overview }) {
  const { problems, moreProblems } = data;
  return (
    <section aria-labelledby="wrong">
      <h2 id="wrong">What is wrong now</h2>
      {problems.length === 0 && <p class="quiet">Nothing that can be seen from here.</p>}
      <ul class="problems">
        {problems.map((problem) => (
          <li key={`${problem.kind} ${problem.namespace}/${problem.name} ${problem.message}`}>
            <div>
              <span class="badge bad">
                <span aria-hidden="true">▲</span> {kinds[problem.kind]}
              </span>{" "}
              <Subject problem={problem} />
              {problem.last !== undefined && (
                <span class="quiet">
                  {" "}
                  <Age of={problem.last} /> ago
                </span>
              )}
            </div>
            <p>{problem.message}</p>
          </li>
        ))}
      </ul>
      {moreProblems > 0 && <p class="quiet">and {plural(moreProblems, "more problem")}</p>}
    </section>
  );
}

function Subject({ problem: { kind, namespace, name } }: { readonly problem: Problem }) {
  const text = `${namespace}/${name}`;
  if (kind === "pod") return <a href={linkTo(["pods", namespace, name])}>{text}</a>;
  if (kind === "dataset") return <a href={linkTo(["datasets", namespace, name])}>{text}</a>;
  const [owner = "", called = ""] = name.split(" ", 2);
  return (
    <a
      href={linkTo(["why"], { kind: owner, namespace, name: called })}
    >{`${owner} ${namespace}/${called}`}</a>
  );
}

const barWidth = 26;
const chartHeight = 96;

/** Injections and refusals by the hour, as bars, and as a table for who does not see them. */
function Hours({ data }: { readonly data: Overview }) {
  const { hours, refusalsHidden } = data;
  const most = Math.max(1, ...hours.map(({ injected, refused }) => injected + refused));
  const heightOf = (count: number) => Math.round((count / most) * chartHeight);
  const injected = hours.reduce((sum, hour) => sum + hour.injected, 0);
  const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
  return (
    <section aria-labelledby="hours">
      <h2 id="hours">The last 24 hours</h2>
      <svg
        class="chart"
        viewBox={`0 0 ${barWidth * hours.length} ${chartHeight + 20}`}
        role="img"
        aria-label={`${injected} injected, ${refused} refused in 24 hours`}
      >
        <line x1="0" x2={barWidth * hours.length} y1={chartHeight} y2={chartHeight} class="axis" />
        {hours.map((hour, index) => {
          const [good, bad] = [heightOf(hour.injected), heightOf(hour.refused)];
          const x = index * barWidth + 3;
          const label = new Date(hour.from).getHours();
          return (
            <g key={hour.from}>
              <title>{`${label}:00: ${hour.injected} injected, ${hour.refused} refused`}</title>
              <rect class="injected" x={x} y={chartHeight - good} width={barWidth - 6} height={good} />
              <rect class="refused" x={x} y={chartHeight - good - bad} width={barWidth - 6} height={bad} />
              {label % 6 === 0 && (
                <text x={x} y={chartHeight + 15}>
                  {label}:00
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <p class="quiet">
        <span class="key injected" aria-hidden="true" /> {plural(injected, "injection")}: pods with clients
        that exist now, by when they were made; those deleted since are not counted.{" "}
        <span class="key refused" aria-hidden="true" /> {plural(refused, "refusal")}: told to workloads by
        FailedCreate Events, which the API server keeps for an hour by default; refused pods without an owner
        leave none.
        {refusalsHidden !== undefined && ` ${refusalsHidden}.`}
      </p>
    </section>
  );
}
