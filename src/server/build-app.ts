import type { Server } from "node:https";
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import type { ServingCertificate } from "../certs/certificate-source.ts";
import { type AdmissionRouteOptions, addAdmissionRoutes, admissionPaths } from "./admission-route.ts";
import { createErrorHandler, notServed } from "./http-problem.ts";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { RequestBodies } from "./request-bodies.ts";
import { secureContextOptions } from "./serving-certificate.ts";
import { addValidationRoutes, validationPaths } from "./validation-route.ts";

export interface AppOptions extends AdmissionRouteOptions {
  readonly certificate: ServingCertificate;
  /** Asked at each answer: whether the connection is to be closed after it. */
  readonly draining: () => boolean;
  readonly limits?: ServerLimits;
}

export type HttpsApp = FastifyInstance<Server>;

const servedPaths = [...admissionPaths, ...validationPaths];

/** Builds the HTTPS server without listening. HTTP/1.1 only: the API server speaks nothing else to a Service. */
export function buildApp(options: AppOptions): HttpsApp {
  const limits = options.limits ?? defaultLimits;
  const onError = createErrorHandler(options.log, options.metrics);
  const app: HttpsApp = fastify({
    https: {
      ...secureContextOptions(options.certificate),
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: limits.handshakeMs,
      headersTimeout: Math.min(limits.headersMs, limits.requestMs),
      connectionsCheckingInterval: limits.checkMs,
    },
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.inactivityMs,
    keepAliveTimeout: limits.keepAliveMs,
    // While draining, reviews on open connections are still answered.
    return503OnClosing: false,
    // Fastify's own log would be a second line for each request.
    logger: false,
    frameworkErrors: onError,
  });

  app.server.maxConnections = limits.connections;
  app.removeAllContentTypeParsers();
  // A review is parsed only where its text alone does not tell the answer.
  const bodies = new RequestBodies(limits);
  app.addContentTypeParser("application/json", (request: FastifyRequest) => bodies.read(request.raw));
  app.addHook("onRequest", (request, reply, done) => {
    bodies.expect(request.raw, reply.raw);
    // Before the body is read, so that a wrong path is called a wrong path whatever was sent to it.
    done(request.is404 ? notServed(request.method, request.url, servedPaths) : undefined);
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (options.draining()) reply.header("connection", "close");
    done(null, payload);
  });
  app.setErrorHandler(onError);
  addAdmissionRoutes(app, options);
  addValidationRoutes(app, options);
  return app;
}
