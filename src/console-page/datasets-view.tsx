import type { DatasetList, DatasetRow, Session } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { HealthBadge, Loaded, PartialNote, Table } from "./parts.tsx";
import { Search } from "./pods-view.tsx";
import { linkTo } from "./route.ts";
import { usePolled } from "./use-polled.ts";

export function DatasetsView({
  client,
  query,
  session,
}: {
  readonly client: ApiClient;
  readonly query: URLSearchParams;
  readonly session: Session;
}) {
  const polled = usePolled<DatasetList>(client, `datasets?${query}`);
  const go = (changes: Readonly<Record<string, string>>) => {
    location.hash = linkTo(["datasets"], { ...Object.fromEntries(query), ...changes });
  };
  return (
    <>
      <h1>Datasets</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Search value={query.get("search") ?? ""} onSearch={(search) => go({ search })} />
        <label>
          Namespace
          <select
            value={query.get("namespace") ?? ""}
            onChange={(event) => go({ namespace: event.currentTarget.value })}
          >
            <option value="">all</option>
            {session.namespaces.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </form>
      <Loaded polled={polled}>
        {(data) => (
          <>
            <PartialNote everywhere={data.everywhere} />
            <Table label="Datasets">
              <thead>
                <tr>
                  <th scope="col">Dataset</th>
                  <th scope="col">Pods can have it</th>
                  <th scope="col">Runtime</th>
                  <th scope="col">Cached</th>
                  <th scope="col">Nodes with its cache</th>
                  <th scope="col">Pods</th>
                </tr>
              </thead>
              <tbody>
                {data.datasets.map((dataset) => (
                  <Row key={`${dataset.namespace}/${dataset.name}`} dataset={dataset} />
                ))}
              </tbody>
            </Table>
            {data.total === 0 && <p class="quiet">No dataset that matches and may be seen.</p>}
            {data.total > data.datasets.length && (
              <p class="quiet">{data.total - data.datasets.length} more: search for them</p>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function Row({ dataset }: { readonly dataset: DatasetRow }) {
  const { pods, problem } = dataset;
  return (
    <tr>
      <td>
        <a href={linkTo(["datasets", dataset.namespace, dataset.name])}>{dataset.name}</a>
        <div class="quiet">{dataset.namespace}</div>
      </td>
      <td>
        <HealthBadge
          health={problem === undefined ? "well" : "bad"}
          word={problem === undefined ? "yes" : "no"}
        />
        {problem !== undefined && <div class="reason">{problem}</div>}
      </td>
      <td>
        {dataset.runtime}
        <div class="quiet">{dataset.phase}</div>
      </td>
      <td>
        {dataset.cached === undefined ? (
          <span class="quiet">not known</span>
        ) : (
          <Meter part={dataset.cached} />
        )}
      </td>
      <td>{dataset.nodes ?? <span class="quiet">not labelled</span>}</td>
      <td>
        {pods.total}
        {pods.on + pods.off > 0 && <div class="quiet">{`${pods.on} on, ${pods.off} off its cache`}</div>}
      </td>
    </tr>
  );
}

export function Meter({ part }: { readonly part: number }) {
  const percent = `${Math.round(part * 100)} %`;
  return (
    <span class="meter">
      <meter min={0} max={1} value={part} aria-label={`${percent} cached`} /> {percent}
    </span>
  );
}
