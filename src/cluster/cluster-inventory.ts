import type { Claim, Dataset, Node } from "./cluster-view.ts";

/** All objects of a kind, for who lists them; a decision asks for single ones (`ClusterView`). */
export interface ClusterInventory {
  datasets(): Iterable<Dataset>;
  claims(): Iterable<Claim>;
  nodes(): Iterable<Node>;
}
