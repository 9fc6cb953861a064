/** What the benchmark uses of the load tool, which comes without types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  export interface LoadRequest {
    readonly method: "POST";
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }

  export interface LoadOptions {
    readonly url: string;
    readonly connections: number;
    /** Seconds after which the load ends by itself. */
    readonly duration: number;
    /** Milliseconds between two looks at whether to end. */
    readonly sampleInt: number;
    readonly requests: readonly LoadRequest[];
    /** Called with each connection before it sends anything. */
    readonly setupClient: (client: { setRequests(requests: readonly LoadRequest[]): void }) => void;
  }

  export interface Load extends EventEmitter, PromiseLike<{ readonly errors: number }> {
    on(
      event: "response",
      listener: (client: unknown, status: number, bytes: number, milliseconds: number) => void,
    ): this;
    on(event: "reqError", listener: (error: Error) => void): this;
    stop(): void;
  }

  function autocannon(options: LoadOptions): Load;
  export default autocannon;
}
