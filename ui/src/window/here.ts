import { call } from "../bridge/client";

/** How often it is told at the most. */
const pause = 30_000;

/** Tells the backend that somebody is there, so that the vault does not lock itself under their hands. */
export function followPerson(): () => void {
  let last = Number.NEGATIVE_INFINITY;
  const seen = () => {
    const now = Date.now();
    if (now - last < pause) return;
    last = now;
    call("person.here", {}).catch(() => {});
  };
  const signs = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
  for (const sign of signs) window.addEventListener(sign, seen, { passive: true });
  return () => { for (const sign of signs) window.removeEventListener(sign, seen); };
}
