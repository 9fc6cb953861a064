import { useRef } from "preact/hooks";
import type { PodPage, PodRow, Session } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { Choice, changeList, Search } from "./filters.tsx";
import { Age, cacheWord, HealthBadge, Loaded, PartialNote, serviceWords, Table } from "./parts.tsx";
import { linkTo } from "./route.ts";
import { usePolled } from "./use-polled.ts";
import { plural } from "./words.ts";

const size = 50;

const columns = [
  ["namespace", "Pod"],
  ["health", "State"],
  [undefined, "Datasets"],
  ["node", "Node"],
  [undefined, "Cache"],
  ["created", "Age"],
] as const;

/** The list of pods; what is shown of it stands in the address. */
export function PodsView({
  client,
  query,
  session,
}: {
  readonly client: ApiClient;
  readonly query: URLSearchParams;
  readonly session: Session;
}) {
  const asked = new URLSearchParams(query);
  asked.set("size", String(size));
  const polled = usePolled<PodPage>(client, `pods?${asked}`);
  // The page before stands until the next one is there, lest who turned it by keyboard loses the button.
  const last = useRef<PodPage | undefined>(undefined);
  if (polled.data !== undefined) last.current = polled.data;
  const before = last.current;
  const waits = polled.data === undefined && polled.problem === undefined && before !== undefined;
  const shown = waits ? { data: before } : polled;
  const go = (changes: Readonly<Record<string, string | undefined>>) =>
    changeList("pods", { page: undefined, ...changes });
  const choice = (key: string, label: string, options: readonly (readonly [string, string])[]) => (
    <Choice
      label={label}
      value={query.get(key) ?? ""}
      options={options}
      onChoose={(value) => go({ [key]: value })}
    />
  );
  return (
    <>
      <h1>Pods</h1>
      {session.source === "folder" && <p class="notice quiet">In a folder of manifests no pods run.</p>}
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Search value={query.get("search") ?? ""} onSearch={(search) => go({ search })} />
        {choice(
          "namespace",
          "Namespace",
          session.namespaces.map((name) => [name, name]),
        )}
        {choice("health", "State", [
          ["bad", "in trouble"],
          ["waiting", "waiting"],
          ["well", "well"],
          ["ended", "ended"],
        ])}
        {choice("service", "Served by", Object.entries(serviceWords))}
        {choice("cache", "Cache", [
          ["on", "on its cache"],
          ["off", "off its cache"],
          ["unplaced", "no node yet"],
          ["unlabelled", "not known"],
        ])}
      </form>
      <Loaded polled={shown}>
        {(data) => (
          <div aria-busy={waits}>
            <PartialNote everywhere={data.everywhere} />
            <Table label="Pods">
              <thead>
                <tr>
                  {columns.map(([sort, title]) => (
                    <Heading key={title} sort={sort} title={title} query={query} go={go} />
                  ))}
                </tr>
              </thead>
              <tbody>
                {data.pods.map((pod) => (
                  <Row key={`${pod.namespace}/${pod.name}`} pod={pod} />
                ))}
              </tbody>
            </Table>
            {data.total === 0 && <p class="quiet">No pod that matches and may be seen.</p>}
            <Pages data={data} go={(page) => go({ page: page === 1 ? undefined : String(page) })} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Row({ pod }: { readonly pod: PodRow }) {
  return (
    <tr>
      <td>
        <a href={linkTo(["pods", pod.namespace, pod.name])}>{pod.name}</a>
        <div class="quiet">{pod.namespace}</div>
      </td>
      <td>
        <HealthBadge health={pod.health} {...(pod.service === "missed" && { word: "missed" })} />
        {pod.health === "bad" && pod.reason !== undefined && <div class="reason">{pod.reason}</div>}
      </td>
      <td>
        {pod.datasets.map((dataset) => (
          <div key={dataset}>{dataset}</div>
        ))}
      </td>
      <td>{pod.node ?? <span class="quiet">none yet</span>}</td>
      <td>{cacheWord(pod.cache)}</td>
      <td class="nowrap">
        <Age of={pod.created} />
      </td>
    </tr>
  );
}

function Heading({
  sort,
  title,
  query,
  go,
}: {
  readonly sort: string | undefined;
  readonly title: string;
  readonly query: URLSearchParams;
  readonly go: (changes: Readonly<Record<string, string | undefined>>) => void;
}) {
  if (sort === undefined) return <th scope="col">{title}</th>;
  const current = (query.get("sort") ?? "namespace") === sort;
  const descending = current && query.get("descending") === "true";
  const order = current ? (descending ? "descending" : "ascending") : "none";
  return (
    <th scope="col" aria-sort={order}>
      <button
        type="button"
        class="plain"
        onClick={() => go({ sort, descending: current && !descending ? "true" : undefined })}
      >
        {title}
        <span aria-hidden="true">{current ? (descending ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
}

function Pages({ data, go }: { readonly data: PodPage; readonly go: (page: number) => void }) {
  const { total, page } = data;
  const last = Math.max(1, Math.ceil(total / data.size));
  return (
    <nav class="pages" aria-label="Pages">
      <span class="quiet">{plural(total, "pod")}</span>
      <button type="button" disabled={page <= 1} onClick={() => go(Math.min(page - 1, last))}>
        Previous
      </button>
      <span>
        page {page} of {last}
      </span>
      <button type="button" disabled={page >= last} onClick={() => go(page + 1)}>
        Next
      </button>
    </nav>
  );
}
