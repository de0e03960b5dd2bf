import type { ApiError } from "./types";

/** Reads whatever a host rejected with. A thing that is no API error becomes a plain one. */
export function asApiError(thrown: unknown): ApiError {
  if (isApiError(thrown)) return thrown;
  if (typeof thrown === "string") {
    try {
      const parsed: unknown = JSON.parse(thrown);
      if (isApiError(parsed)) return parsed;
    } catch {
      // It was plain text; it is told as it stands.
    }
    return { code: "POD0000", kind: "internal", message: thrown, retry: "permanent" };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "POD0000", kind: "internal", message, retry: "permanent" };
}

function isApiError(value: unknown): value is ApiError {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}
