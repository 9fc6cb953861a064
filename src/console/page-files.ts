import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";

/** The files of the page, and nothing else is served. */
const files = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/console.js": { file: "console.js", type: "text/javascript; charset=utf-8" },
  "/console.css": { file: "console-style.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { file: "icon.svg", type: "image/svg+xml" },
} as const;

/** No script but our own file runs, nothing is loaded from elsewhere, and no other page shows this one. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Reads the page's files from `folder` and serves them from memory. Throws when one of them is not there. */
export async function addPageFiles(app: FastifyInstance, folder: URL): Promise<void> {
  for (const [path, { file, type }] of Object.entries(files)) {
    const content = await readFile(new URL(file, folder));
    const tag = `"${createHash("sha256").update(content).digest("base64url")}"`;
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      reply.headers({ etag: tag, "cache-control": "no-cache" });
      if (request.headers["if-none-match"] === tag) return reply.code(304).send();
      return reply.type(type).send(content);
    });
  }
}
