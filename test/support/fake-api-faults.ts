import { type Fault, status } from "./fake-api-server.ts";

/** A status instead of an answer. */
export function answering(code: number, message = "planted", headers: Record<string, string> = {}): Fault {
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    status(response, code, message);
  };
}

export const forbidden: Fault = (response, { verb, resource }) =>
  status(response, 403, `${resource} is forbidden: User "sluice" cannot ${verb} resource "${resource}"`);

/** The connection is cut before an answer. */
export const reset: Fault = (response) => response.socket?.destroy();

/** Nothing is ever answered. */
export const silence: Fault = () => undefined;

/** A watch that begins well and in which nothing ever comes. */
export const silentWatch: Fault = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
};

/** A good answer that ends at once. */
export const endAtOnce: Fault = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end();
};

/** A watch that says these lines and stays open. */
export function saying(...lines: string[]): Fault {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(lines.join(""));
  };
}

/** A watch that says these lines and ends. */
export function sayingAtLast(...lines: string[]): Fault {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(lines.join(""));
  };
}

/** A half of the answer, and then the connection is cut. */
export const half: Fault = (response, { answer }) => {
  const body = JSON.stringify(answer());
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
};

/** The answer in small pieces, each `ms` milliseconds after the one before. */
export function inPieces(pieces: number, ms: number): Fault {
  return (response, { answer }) => {
    const body = Buffer.from(JSON.stringify(answer()));
    response.writeHead(200, { "content-type": "application/json" });
    const size = Math.ceil(body.length / pieces);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sent, sent + size));
      sent += size;
      if (sent < body.length) return;
      clearInterval(timer);
      response.end();
    }, ms);
    response.on("close", () => clearInterval(timer));
  };
}

/** The usual answer, but only once `gate` is open. */
export function after(gate: Promise<unknown>): Fault {
  return (_response, _call, pass) => void gate.then(pass);
}
