import type { PodDetail } from "../console/api-types.ts";
import type { ApiClient } from "./api-client.ts";
import { Age, cacheWord, Facts, HealthBadge, Loaded, serviceWords, Table } from "./parts.tsx";
import { linkTo } from "./route.ts";
import { usePolled } from "./use-polled.ts";

interface PodPlace {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
}

export function PodView({ client, namespace, name }: PodPlace) {
  const path = `namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const polled = usePolled<PodDetail>(client, path);
  return (
    <>
      <p class="crumbs">
        <a href={linkTo(["pods"])}>Pods</a> / <a href={linkTo(["pods"], { namespace })}>{namespace}</a> /
      </p>
      <h1>{name}</h1>
      <Loaded polled={polled}>
        {(pod) => (
          <>
            {pod.service === "missed" && <p class="notice bad">{pod.reason}</p>}
            <Summary pod={pod} />
            <Clients pod={pod} />
            <Containers pod={pod} />
            <Events pod={pod} />
          </>
        )}
      </Loaded>
    </>
  );
}

const ownable = [
  "ReplicationController",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
];

function Summary({ pod }: { readonly pod: PodDetail }) {
  const { owner } = pod;
  const maker = owner !== undefined && ownable.includes(owner.kind) ? owner : undefined;
  const asked = [{ kind: "Pod", name: pod.name }, ...(maker === undefined ? [] : [maker])];
  return (
    <>
      <Facts
        facts={[
          ["State", <HealthBadge key="state" health={pod.health} />],
          ["Phase", pod.phase],
          ["Age", <Age key="age" of={pod.created} />],
          ["Node", pod.node ?? "none yet"],
          ["Cache", cacheWord(pod.cache)],
          ["Served by", serviceWords[pod.service]],
          ["Mode", [pod.mode, pod.sidecar].filter(Boolean).join(", ")],
          ["Platform", pod.platform],
          ["Injected by", pod.version === undefined ? undefined : `Sluice ${pod.version}`],
          ["Owner", owner === undefined ? undefined : `${owner.kind} ${owner.name}`],
        ]}
      />
      <p>
        {asked.map(({ kind, name }) => (
          <a key={kind} class="button" href={linkTo(["why"], { kind, namespace: pod.namespace, name })}>
            Why? Ask about {kind} {name}
          </a>
        ))}
      </p>
    </>
  );
}

function Clients({ pod }: { readonly pod: PodDetail }) {
  if (pod.clients.length === 0) return null;
  return (
    <section aria-labelledby="clients">
      <h2 id="clients">Clients</h2>
      <ul class="cards">
        {pod.clients.map((client) => (
          <li key={`${client.container} ${client.claim}`} class={client.health}>
            <h3>
              {client.container} <HealthBadge health={client.health} word={client.state} />
            </h3>
            {client.dataset !== undefined && (
              <p>
                dataset <DatasetLink dataset={client.dataset} />
              </p>
            )}
            {client.reason !== undefined && <p>{client.reason}</p>}
            {client.remedy !== undefined && (
              <p>
                <b>What helps:</b> {client.remedy}
              </p>
            )}
            {client.restarts > 0 && <p class="quiet">started again {client.restarts} times</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function DatasetLink({ dataset }: { readonly dataset: string }) {
  return <a href={linkTo(["datasets", ...dataset.split("/")])}>{dataset}</a>;
}

function Containers({ pod }: { readonly pod: PodDetail }) {
  return (
    <section aria-labelledby="containers">
      <h2 id="containers">Containers, in the order in which they start</h2>
      <Table label="Containers">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Is</th>
            <th scope="col">State</th>
            <th scope="col">Restarts</th>
            <th scope="col">Image</th>
          </tr>
        </thead>
        <tbody>
          {pod.containers.map((container) => (
            <tr key={container.name}>
              <td>{container.name}</td>
              <td>{container.kind}</td>
              <td>
                {container.state}
                {container.message !== undefined && <div class="reason">{container.message}</div>}
              </td>
              <td>{container.restarts}</td>
              <td class="image">{container.image}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Events({ pod }: { readonly pod: PodDetail }) {
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      {pod.eventsHidden !== undefined && <p class="quiet">{pod.eventsHidden}</p>}
      {pod.eventsHidden === undefined && pod.events.length === 0 && <p class="quiet">None are kept.</p>}
      {pod.events.length > 0 && (
        <Table label="Events">
          <thead>
            <tr>
              <th scope="col">Ago</th>
              <th scope="col">Reason</th>
              <th scope="col">Message</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {pod.events.map((event) => (
              <tr
                key={`${event.reason} ${event.last} ${event.message}`}
                class={event.type === "Warning" ? "warning" : ""}
              >
                <td class="nowrap">
                  <Age of={event.last} />
                  {event.count > 1 && ` (${event.count} times)`}
                </td>
                <td>{event.reason}</td>
                <td>{event.message}</td>
                <td class="quiet">{event.source}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}
