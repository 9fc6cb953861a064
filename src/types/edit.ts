import type { Operation } from "fast-json-patch";

/** One RFC 6902 operation and why it is made. */
export interface Edit {
  readonly operation: Operation;
  readonly why: string;
}

/**
 * The operations of `edits` as they are sent. What is added to a list that the operation before has just made becomes
 * part of that list: for each level below a list or map the API server copies all that is in it once more.
 */
export function patchOf(edits: readonly Edit[]): Operation[] {
  const operations: Operation[] = [];
  for (const { operation } of edits) {
    const last = operations.at(-1);
    const joined = last === undefined ? undefined : joinList(last, operation);
    if (joined === undefined) operations.push(operation);
    else operations[operations.length - 1] = joined;
  }
  return operations;
}

/** One operation for both, if the first makes a list and the second adds an item to it. */
function joinList(made: Operation, added: Operation): Operation | undefined {
  if (made.op !== "add" || added.op !== "add" || !added.path.startsWith(`${made.path}/`)) return undefined;
  const list: unknown = made.value;
  const index = Number(added.path.slice(made.path.length + 1));
  if (!Array.isArray(list) || !(index <= list.length)) return undefined;
  return { ...made, value: list.toSpliced(index, 0, added.value) };
}
