import type { EnvVar, Lifecycle, Probe } from "kubernetes-types/core/v1";
import {
  describe,
  type Take,
  takeFlag,
  takeInteger,
  takeList,
  takeMapping,
  takeOneOf,
  takeShape,
  takeText,
} from "./checked-value.ts";

// Objects of Kubernetes' own in a file that becomes a part of pods. What the API server would refuse is refused here,
// with the path in the file in place of that in somebody's pod. (Kubernetes: API reference, Pod v1 core.)

const takePort: Take<number | string> = (value, path, { problems }) => {
  const number = typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
  if (number || (typeof value === "string" && /^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(value)))
    return value;
  problems.push(`${path} must be a port or its name, and is ${describe(value)}`);
  return undefined;
};

const command = takeShape({ command: takeList(takeText) });
const httpGet = takeShape(
  {
    path: takeText,
    port: takePort,
    host: takeText,
    scheme: takeText,
    httpHeaders: takeList(takeShape({ name: takeText, value: takeText }, ["name"])),
  },
  ["port"],
);
const tcpSocket = takeShape({ port: takePort, host: takeText }, ["port"]);

const probeHandlers = {
  exec: command,
  httpGet,
  tcpSocket,
  grpc: takeShape({ port: takeInteger, service: takeText }, ["port"]),
};
const hookHandlers = {
  exec: command,
  httpGet,
  tcpSocket,
  sleep: takeShape({ seconds: takeInteger }, ["seconds"]),
};

const probe = takeOneOf(
  "handler",
  probeHandlers,
  takeShape({
    ...probeHandlers,
    initialDelaySeconds: takeInteger,
    periodSeconds: takeInteger,
    timeoutSeconds: takeInteger,
    successThreshold: takeInteger,
    failureThreshold: takeInteger,
    terminationGracePeriodSeconds: takeInteger,
  }),
);
const hook = takeOneOf("handler", hookHandlers, takeShape(hookHandlers));
const lifecycle = takeShape({ preStop: hook, postStart: hook });

const keyRef = takeShape({ name: takeText, key: takeText, optional: takeFlag }, ["name", "key"]);
const sources = {
  fieldRef: takeShape({ fieldPath: takeText }, ["fieldPath"]),
  resourceFieldRef: takeShape({ resource: takeText, containerName: takeText }, ["resource"]),
  configMapKeyRef: keyRef,
  secretKeyRef: keyRef,
  fileKeyRef: takeMapping,
};
const variable = takeShape(
  {
    name: takeText,
    // A value that is no text, such as a bare number, would break the pod's patch.
    value: takeText,
    valueFrom: takeOneOf("source", sources, takeShape(sources)),
  },
  ["name"],
);

/** A probe with exactly one handler. */
export const takeProbe: Take<Probe> = (value, path, remarks) => probe(value, path, remarks);
/** Hooks, each with exactly one handler. */
export const takeLifecycle: Take<Lifecycle> = (value, path, remarks) => lifecycle(value, path, remarks);
/** An environment variable, with a value or exactly one source. */
export const takeVariable: Take<EnvVar> = (value, path, remarks) => {
  const found = variable(value, path, remarks);
  if (found === undefined) return undefined;
  const { name } = found;
  if (typeof name === "string" && !/[=\p{Cc}]/u.test(name)) return { ...found, name };
  remarks.problems.push(`${path}.name must be the name of a variable, and is ${describe(name)}`);
  return undefined;
};
