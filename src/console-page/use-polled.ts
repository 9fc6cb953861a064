import { useEffect, useState } from "preact/hooks";
import type { ApiClient } from "./api-client.ts";
import { keepAsking, type Polled, type PolledPath } from "./keep-asking.ts";

const everyMs = 5_000;

/** What is known of the answer to `path`, which is asked for again and again (`keepAsking`). */
export function usePolled<Answer>(client: ApiClient, path: string): Polled<Answer> {
  const [state, setState] = useState<PolledPath<Answer>>({ path });
  useEffect(() => keepAsking<Answer>(client, path, document, everyMs, setState), [client, path]);
  return state.path === path ? state : {};
}
