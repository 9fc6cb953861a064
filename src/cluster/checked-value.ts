import { isRawObject, type RawObject } from "./raw-fields.ts";

/** What was found out about a parsed file, each entry with the path it is about. */
export interface Remarks {
  readonly problems: string[];
  /** Fields that nobody reads. */
  readonly unread: string[];
}

/** Takes a value out of a parsed file. What is wrong with it goes into `remarks`, and undefined comes back. */
export type Take<T> = (value: unknown, path: string, remarks: Remarks) => T | undefined;

/** Any text. */
export const takeText: Take<string> = (value, path, { problems }) => {
  if (typeof value === "string") return value;
  problems.push(`${path} must be a text, and is ${describe(value)}`);
  return undefined;
};

/** True or false. */
export const takeFlag: Take<boolean> = (value, path, { problems }) => {
  if (typeof value === "boolean") return value;
  problems.push(`${path} must be true or false, and is ${describe(value)}`);
  return undefined;
};

/** A whole number. */
export const takeInteger: Take<number> = (value, path, { problems }) => {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  problems.push(`${path} must be a whole number, and is ${describe(value)}`);
  return undefined;
};

/** Any mapping, whose fields are somebody else's to judge. */
export const takeMapping: Take<RawObject> = (value, path, { problems }) => {
  if (isRawObject(value)) return value;
  problems.push(`${path} must be a mapping, and is ${describe(value)}`);
  return undefined;
};

/** A list, without the entries that `take` does not accept. */
export function takeList<T>(take: Take<T>): Take<T[]> {
  return (value, path, remarks) => {
    if (Array.isArray(value))
      return value.flatMap((entry, index) => take(entry, `${path}[${index}]`, remarks) ?? []);
    remarks.problems.push(`${path} must be a list, and is ${describe(value)}`);
    return undefined;
  };
}

/** A mapping of any keys. */
export function takeMap<T>(take: Take<T>): Take<Record<string, T>> {
  return (value, path, remarks) => {
    const mapping = takeMapping(value, path, remarks);
    if (mapping === undefined) return undefined;
    const entries = Object.entries(mapping).flatMap(([key, entry]) => {
      const taken = take(entry, `${path}.${key}`, remarks);
      return taken === undefined ? [] : [[key, taken] as const];
    });
    return Object.fromEntries(entries);
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Take<NonNullable<T[K]>> };

/** A mapping of the given fields, each of which may be missing or null. Others go into `remarks.unread`. */
export function takeFields<T extends object>(fields: Fields<T>): Take<Partial<T>> {
  return (value, path, remarks) => {
    const mapping = takeMapping(value, path, remarks);
    if (mapping === undefined) return undefined;
    const taken: Partial<T> = {};
    for (const [key, entry] of Object.entries(mapping)) {
      const at = path === "" ? key : `${path}.${key}`;
      if (!isFieldOf(fields, key)) remarks.unread.push(at);
      else if (entry !== null && entry !== undefined) {
        const result = fields[key](entry, at, remarks);
        if (result !== undefined) taken[key] = result;
      }
    }
    return taken;
  };
}

type Shape = Readonly<Record<string, Take<unknown>>>;

/**
 * A mapping as it stands, once the given fields of it are what they have to be; each may be missing or null, but for those in
 * `needed`. Other fields are somebody else's to judge.
 */
export function takeShape(fields: Shape, needed: readonly string[] = []): Take<RawObject> {
  return (value, path, remarks) => {
    const mapping = takeMapping(value, path, remarks);
    if (mapping === undefined) return undefined;
    const before = remarks.problems.length;
    for (const key of needed)
      if ((mapping[key] ?? "") === "") remarks.problems.push(`${path}.${key} is missing`);
    for (const [key, entry] of Object.entries(mapping)) {
      const take = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (take !== undefined && entry !== null && entry !== undefined) take(entry, `${path}.${key}`, remarks);
    }
    return remarks.problems.length === before ? mapping : undefined;
  };
}

/** That of the fields of a mapping which make it one of several things exactly one is there: the API server demands it. */
export function takeOneOf(what: string, fields: Shape, take: Take<RawObject>): Take<RawObject> {
  return (value, path, remarks) => {
    const mapping = take(value, path, remarks);
    if (mapping === undefined) return undefined;
    const given = Object.keys(fields).filter((key) => (mapping[key] ?? undefined) !== undefined);
    if (given.length === 1) return mapping;
    const names = given.length === 0 ? `none of ${Object.keys(fields).join(", ")}` : given.join(" and ");
    remarks.problems.push(`${path} must have one ${what}, and has ${names}`);
    return undefined;
  };
}

function isFieldOf<T extends object>(fields: Fields<T>, key: string | keyof T): key is keyof T {
  return Object.hasOwn(fields, key);
}

/** "a list", "the number 3": what stands there instead. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value);
  return `${typeof value === "string" ? "the text" : `the ${typeof value}`} ${text.length > 40 ? `${text.slice(0, 37)}...` : text}`;
}
