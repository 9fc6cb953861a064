import type { DatasetDetail, PodPage } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { cacheWord, Facts, HealthBadge, Loaded, Meter, Table } from "./parts.tsx";
import { linkTo } from "./route.ts";
import { usePolled } from "./use-polled.ts";
import { plural } from "./words.ts";

interface DatasetPlace {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
}

export function DatasetView({ client, namespace, name }: DatasetPlace) {
  const path = `namespaces/${encodeURIComponent(namespace)}/datasets/${encodeURIComponent(name)}`;
  const polled = usePolled<DatasetDetail>(client, path);
  return (
    <>
      <p class="crumbs">
        <a href={linkTo(["datasets"])}>Datasets</a> /{" "}
        <a href={linkTo(["datasets"], { namespace })}>{namespace}</a> /
      </p>
      <h1>{name}</h1>
      <Loaded polled={polled}>
        {(dataset) => (
          <>
            {dataset.problem !== undefined && <p class="notice bad">{dataset.problem}</p>}
            <Facts
              facts={[
                ["Phase", dataset.phase],
                ["Runtime", dataset.runtime],
                [
                  "Cached",
                  dataset.cached === undefined ? undefined : <Meter key="cached" part={dataset.cached} />,
                ],
                ["Refers to", dataset.refersTo],
                ["Mounts", dataset.mountPoints.join(", ")],
                ["Pods", `${dataset.pods.total}: ${dataset.pods.on} on, ${dataset.pods.off} off its cache`],
              ]}
            />
            <Served dataset={dataset} />
            <Nodes dataset={dataset} />
            <DatasetPods client={client} dataset={`${namespace}/${name}`} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Served({ dataset }: { readonly dataset: DatasetDetail }) {
  const { client, claims, reasons } = dataset;
  return (
    <section aria-labelledby="served">
      <h2 id="served">What a pod gets that mounts it now</h2>
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <Facts
        facts={[
          ["Claim", claims.map((claim) => `${claim.name} (${claim.accessModes.join(", ")})`).join(", ")],
          ["Volume", claims.flatMap(({ volume }) => volume ?? []).join(", ")],
          ["Client", client?.container],
          ["Image", client?.image],
          ["Made from", client?.from],
          ["Requests", client?.requests],
          ["Limits", client?.limits],
        ]}
      />
    </section>
  );
}

function Nodes({ dataset }: { readonly dataset: DatasetDetail }) {
  const { nodeLabel, nodeNames, nodesHidden, nodes } = dataset;
  return (
    <section aria-labelledby="nodes">
      <h2 id="nodes">Where its cache is</h2>
      {nodeLabel === undefined ? (
        <p class="quiet">Nodes are not labelled for this dataset, so where its cache is cannot be seen.</p>
      ) : (
        <>
          <p>
            {plural(nodes ?? 0, "node")} with label <code>{nodeLabel}=true</code>
          </p>
          {nodesHidden !== undefined && <p class="quiet">Their names are not shown: {nodesHidden}.</p>}
          <ul class="nodes">
            {nodeNames.map((name) => (
              <li key={name} class="holds">
                {name}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function DatasetPods({ client, dataset }: { readonly client: ApiClient; readonly dataset: string }) {
  const polled = usePolled<PodPage>(
    client,
    `pods?${new URLSearchParams({ dataset, sort: "health", size: "10" })}`,
  );
  return (
    <section aria-labelledby="pods">
      <h2 id="pods">Its pods</h2>
      <Loaded polled={polled}>
        {({ pods, total }) => (
          <>
            {total === 0 && <p class="quiet">None that may be seen.</p>}
            {total > 0 && (
              <Table label="Pods of the dataset">
                <thead>
                  <tr>
                    <th scope="col">Pod</th>
                    <th scope="col">State</th>
                    <th scope="col">Node</th>
                    <th scope="col">Cache</th>
                  </tr>
                </thead>
                <tbody>
                  {pods.map((pod) => (
                    <tr key={`${pod.namespace}/${pod.name}`}>
                      <td>
                        <a href={linkTo(["pods", pod.namespace, pod.name])}>{pod.name}</a>
                      </td>
                      <td>
                        <HealthBadge health={pod.health} />
                      </td>
                      <td>{pod.node ?? <span class="quiet">none yet</span>}</td>
                      <td>{cacheWord(pod.cache)}</td>
                    </tr>
                  ))}
                </tbody>
              </Table>
            )}
            {total > pods.length && <a href={linkTo(["pods"], { dataset })}>all {plural(total, "pod")}</a>}
          </>
        )}
      </Loaded>
    </section>
  );
}
