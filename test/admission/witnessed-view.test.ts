import { expect, it } from "vitest";
import { WitnessedView } from "../../src/admission/witnessed-view.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { clusterOf } from "../support/cluster-of.ts";

/** A view that answers each question by a value that no other has. */
function answering(): { readonly view: ClusterView; readonly asked: string[] } {
  const asked: string[] = [];
  const answers = new Map<string, object>();
  const view = new Proxy(clusterOf({}), {
    get:
      (_, method) =>
      (...args: readonly unknown[]) => {
        const question = JSON.stringify([String(method), ...args]);
        asked.push(question);
        if (!answers.has(question)) answers.set(question, {});
        return answers.get(question);
      },
  });
  return { view, asked };
}

const methods = Object.keys(clusterOf({})).toSorted();

it("passes on each question with what it is about, and its answer", () => {
  const { view, asked } = answering();
  const witness = new WitnessedView(view);
  for (const method of methods) {
    const args = ["a", "b", "c"].slice(0, Reflect.get(clusterOf({}), method).length);
    const answer = Reflect.get(witness, method).call(witness, ...args);
    expect(asked.at(-1)).toBe(JSON.stringify([method, ...args]));
    expect(answer).toBe(Reflect.get(view, method)(...args));
  }
});

it.each(methods)("no longer holds when %s is answered otherwise", (method) => {
  const { view } = answering();
  const witness = new WitnessedView(view);
  Reflect.get(witness, method).call(witness, "a", "b", "c");
  expect(witness.stillHolds(view)).toBe(true);
  expect(witness.stillHolds(answering().view)).toBe(false);
});
