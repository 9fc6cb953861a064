import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { reportDistrust } from "../../src/server/serving-certificate.ts";
import { createLog } from "../../src/telemetry/log.ts";

it("says that a caller does not trust the certificate, at most once a minute", () => {
  const lines: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) });
  const server = new EventEmitter();
  let now = 1_000_000;
  reportDistrust(server, createLog("info", stream), () => now);
  const fail = (code: string) =>
    server.emit("tlsClientError", Object.assign(new Error("handshake"), { code }));

  fail("ERR_SSL_UNSUPPORTED_PROTOCOL");
  expect(lines).toEqual([]);
  fail("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");
  fail("ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE");
  expect(lines).toEqual([expect.stringContaining("the caBundle it was given must hold our ca.crt")]);
  now += 60_000;
  fail("ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE");
  expect(lines).toHaveLength(2);
});
