import type { Json } from "../bridge/types";

/** JSON pointers (RFC 6901). */
export function pointer(...parts: (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function parts(path: string): string[] {
  return path.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a pointer; `undefined` where there is none. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let here: Json | undefined = value;
  for (const part of parts(path)) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (here !== null && typeof here === "object") here = here[part];
    else return undefined;
  }
  return here;
}

/** A copy with the value at a pointer set, or removed where `undefined`; objects in between are made. */
export function withValue(value: Json | undefined, path: string, next: Json | undefined): Json {
  const [first, ...rest] = parts(path);
  if (first === undefined) return next ?? null;
  if (Array.isArray(value)) {
    const copy = [...value];
    const below = withValue(copy[Number(first)], pointer(...rest), next);
    if (rest.length === 0 && next === undefined) copy.splice(Number(first), 1);
    else copy[Number(first)] = below;
    return copy;
  }
  const object = value !== null && typeof value === "object" ? { ...value } : {};
  if (rest.length === 0 && next === undefined) delete object[first];
  else object[first] = rest.length === 0 ? (next ?? null) : withValue(object[first], pointer(...rest), next);
  return object;
}
