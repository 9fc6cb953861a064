import { parseAllDocuments } from "yaml";
import { demoClusterFiles } from "../../src/cli/demo-cluster.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { type Closing, startApi } from "../support/live-cluster.ts";

/** An API server that has the demo's cluster. */
export async function serveDemoCluster(closing: Closing): Promise<FakeApiServer> {
  const api = await startApi(closing);
  for (const text of demoClusterFiles.values())
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS();
      // True of every kind in it.
      api.store.put(`${object.kind.toLowerCase()}s`, object);
    }
  return api;
}
