import { ApiError, reasonOf } from "./api-error.ts";
import { fieldAt, isRawObject, type RawObject, textAt } from "./raw-fields.ts";

/** One line of a watch. */
export interface WatchEvent {
  /** ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. */
  readonly type: string;
  readonly object: RawObject;
}

/** Far more than any object: the API server's store takes 1.5 MB. */
const longestLine = 32 * 1024 * 1024;

/** A line of a watch that cannot be understood: what it said is lost. */
export class UnreadableEvent extends ApiError {}

/**
 * The events of a watch: one JSON object a line. A last line without an end is left out: the connection broke there.
 * Throws `UnreadableEvent`.
 */
export async function* readWatchEvents(chunks: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const line = Buffer.concat([...begun, chunk.subarray(start, end)]).toString("utf8");
      begun = [];
      length = 0;
      start = end + 1;
      if (line.trim() !== "") yield parseEvent(line);
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longestLine) throw new UnreadableEvent("a watch event has no end");
  }
}

function parseEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new UnreadableEvent(`a watch event is no JSON (${reasonOf(error)})`, { cause: error });
  }
  const type = textAt(event, "type");
  const object = fieldAt(event, "object");
  if (type === undefined || !isRawObject(object))
    throw new UnreadableEvent("a watch event has no type or no object");
  return { type, object };
}
