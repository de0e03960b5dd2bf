import { exact, near } from "../text/format";
import { useNow } from "../window/useNow";

/** A time in words, exact on hover. */
export function Near({ at }: { at: string }) {
  const now = useNow();
  return <time dateTime={at} title={exact(at)}>{near(at, now)}</time>;
}
