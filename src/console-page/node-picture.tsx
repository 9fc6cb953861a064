import type { WhyAnswer, WhyNode } from "../console/api-types.ts";

/** The nodes as the scheduler sees them for a pod: where it may go, where its caches are, what draws it. */
export function NodePicture({
  nodes,
  affinity,
}: {
  readonly nodes: NonNullable<WhyAnswer["nodes"]>;
  readonly affinity: readonly string[];
}) {
  const most = Math.max(0, ...nodes.shown.map(({ weight }) => weight));
  return (
    <section>
      <h3>Where it may run</h3>
      {affinity.map((line) => (
        <p key={line}>
          <code>{line}</code>
        </p>
      ))}
      <p>
        {`By name, labels and taints it can run on ${nodes.reachable} of ${nodes.total} nodes; ${nodes.holding} of ${nodes.total} hold a cache that it asks for.`}
      </p>
      <ul class="nodes">
        {nodes.shown.map((node) => (
          <NodeCard key={node.name} node={node} most={most} />
        ))}
      </ul>
      {nodes.total > nodes.shown.length && (
        <p class="quiet">{nodes.total - nodes.shown.length} more nodes are not shown</p>
      )}
    </section>
  );
}

function NodeCard({ node, most }: { readonly node: WhyNode; readonly most: number }) {
  const { name, reachable, weight, caches } = node;
  const state = !reachable ? "closed" : caches.length > 0 ? "holds" : "";
  return (
    <li class={state}>
      <b>{name}</b>
      <span>{reachable ? (most === 0 ? "may run here" : `weight ${weight}`) : "cannot run here"}</span>
      {most > 0 && reachable && (
        <progress max={most} value={weight} aria-label={`weight ${weight} of ${most}`} />
      )}
      {caches.map((cache) => (
        <span key={cache} class="cache">
          holds {cache}
        </span>
      ))}
    </li>
  );
}
