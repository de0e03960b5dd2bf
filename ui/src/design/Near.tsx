import { exact, near } from "../text/format";
import { useNow } from "../window/useNow";

/** A time in words, exact on hover. */
export function Near({ at }: { at: string | number }) {
  const now = useNow();
  return <time dateTime={iso(at)} title={exact(iso(at))}>{near(iso(at), now)}</time>;
}

function iso(at: string | number): string {
  return typeof at === "number" ? new Date(at).toISOString() : at;
}
