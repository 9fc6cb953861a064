import { createServer, type ServerResponse } from "node:http";

/** What is in a pod's text in the place of its name. */
export const placeOfName = "pod-name";

const resourceVersion = '"resourceVersion":"1"';

/**
 * Answers lists and watches of pods as an API server does: `count` pods "pod-0", "pod-1", … made from the text of one,
 * whose resourceVersion is "1". Nothing of them is kept, so that this process is as small with many as with few.
 */
export class PodServer {
  readonly #text: string;
  readonly #watches = new Set<ServerResponse>();
  readonly #server;
  #version = 1;

  constructor(text: string, count: number) {
    this.#text = text;
    this.#server = createServer((request, response) => {
      const query = new URL(request.url ?? "/", "http://localhost").searchParams;
      response.writeHead(200, { "content-type": "application/json" });
      if (query.get("watch") === null) return void this.#list(response, count);
      this.#watches.add(response);
      response.on("close", () => this.#watches.delete(response));
      return response.flushHeaders();
    });
  }

  /** The port of 127.0.0.1 where it listens. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  /** Whoever watches hears that the containers of that pod have been started again. */
  change(index: number): void {
    this.#version += 1;
    const object = this.#pod(index)
      .replace(resourceVersion, `"resourceVersion":"${this.#version}"`)
      .replaceAll('"restartCount":0', `"restartCount":${this.#version}`);
    for (const response of this.#watches) response.write(`{"type":"MODIFIED","object":${object}}\n`);
  }

  async #list(response: ServerResponse, count: number): Promise<void> {
    response.write(`{"kind":"PodList","apiVersion":"v1","metadata":{${resourceVersion}},"items":[`);
    for (let index = 0; index < count; index++)
      if (!response.write(`${index === 0 ? "" : ","}${this.#pod(index)}`))
        await new Promise((resolve) => response.once("drain", resolve));
    response.end("]}");
  }

  #pod(index: number): string {
    return this.#text.replaceAll(placeOfName, `pod-${index}`);
  }
}
