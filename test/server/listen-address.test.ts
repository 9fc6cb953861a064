import { describe, expect, it } from "vitest";
import { formatAddress, parseListenAddress } from "../../src/server/listen-address.ts";

describe("parseListenAddress", () => {
  it.each([
    ["127.0.0.1:8443", { host: "127.0.0.1", port: 8443 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::1]:8443", { host: "::1", port: 8443 }],
    [":8443", { host: "::", port: 8443 }],
  ])("%s", (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each(["", "8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:8443", "a:b", "host:-1"])(
    "refuses %j",
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(`"${text}" is no address to listen on: write ADDR:PORT`);
    },
  );

  it("formats IPv6 with brackets", () => {
    expect(formatAddress({ host: "::1", port: 1 })).toBe("[::1]:1");
    expect(formatAddress({ host: "127.0.0.1", port: 1 })).toBe("127.0.0.1:1");
  });
});
