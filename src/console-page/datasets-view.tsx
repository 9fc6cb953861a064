import type { DatasetList, DatasetRow, Session } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { Choice, changeList, Search } from "./filters.tsx";
import { HealthBadge, Loaded, Meter, PartialNote, Table } from "./parts.tsx";
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
  const go = (changes: Readonly<Record<string, string>>) => changeList("datasets", changes);
  return (
    <>
      <h1>Datasets</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Search value={query.get("search") ?? ""} onSearch={(search) => go({ search })} />
        <Choice
          label="Namespace"
          value={query.get("namespace") ?? ""}
          options={session.namespaces.map((name) => [name, name])}
          onChoose={(namespace) => go({ namespace })}
        />
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
