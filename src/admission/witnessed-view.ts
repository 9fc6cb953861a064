import type { ClusterView } from "../cluster/cluster-view.ts";

/** One question to the cluster and its answer. */
interface Testimony {
  readonly ask: (view: ClusterView) => unknown;
  readonly answer: unknown;
}

/**
 * Passes questions on to a view and keeps the answers. As long as the cluster gives the same ones, the very same
 * objects, a decision that was made from them would be made again.
 */
export class WitnessedView implements ClusterView {
  readonly #view: ClusterView;
  readonly #testimonies: Testimony[] = [];

  constructor(view: ClusterView) {
    this.#view = view;
  }

  /** How many questions were asked. */
  get size(): number {
    return this.#testimonies.length;
  }

  /** Whether `view` answers all that was asked as it was answered. */
  stillHolds(view: ClusterView): boolean {
    return this.#testimonies.every(({ ask, answer }) => Object.is(ask(view), answer));
  }

  namespace(name: string) {
    return this.#ask((view) => view.namespace(name));
  }

  claim(namespace: string, name: string) {
    return this.#ask((view) => view.claim(namespace, name));
  }

  persistentVolume(name: string) {
    return this.#ask((view) => view.persistentVolume(name));
  }

  volumesOfDriver(driver: string) {
    return this.#ask((view) => view.volumesOfDriver(driver));
  }

  volumesWithHandle(driver: string, handle: string) {
    return this.#ask((view) => view.volumesWithHandle(driver, handle));
  }

  storageClass(name: string) {
    return this.#ask((view) => view.storageClass(name));
  }

  dataset(namespace: string, name: string) {
    return this.#ask((view) => view.dataset(namespace, name));
  }

  runtime(kind: string, namespace: string, name: string) {
    return this.#ask((view) => view.runtime(kind, namespace, name));
  }

  clientDaemonSet(namespace: string, name: string) {
    return this.#ask((view) => view.clientDaemonSet(namespace, name));
  }

  serviceAccount(namespace: string, name: string) {
    return this.#ask((view) => view.serviceAccount(namespace, name));
  }

  pluginProfile(namespace: string, name: string) {
    return this.#ask((view) => view.pluginProfile(namespace, name));
  }

  juicefsConfig(namespace: string, name: string) {
    return this.#ask((view) => view.juicefsConfig(namespace, name));
  }

  juicefsSecret(namespace: string, name: string) {
    return this.#ask((view) => view.juicefsSecret(namespace, name));
  }

  node(name: string) {
    return this.#ask((view) => view.node(name));
  }

  nodeCount() {
    return this.#ask((view) => view.nodeCount());
  }

  nodesLabelled(key: string) {
    return this.#ask((view) => view.nodesLabelled(key));
  }

  nodesLabelledWith(key: string, value: string) {
    return this.#ask((view) => view.nodesLabelledWith(key, value));
  }

  someNode(meets: Parameters<ClusterView["someNode"]>[0]) {
    return this.#ask((view) => view.someNode(meets));
  }

  nodesWithoutNativeSidecars() {
    return this.#ask((view) => view.nodesWithoutNativeSidecars());
  }

  serverVersion() {
    return this.#ask((view) => view.serverVersion());
  }

  #ask<T>(ask: (view: ClusterView) => T): T {
    const answer = ask(this.#view);
    this.#testimonies.push({ ask, answer });
    return answer;
  }
}
