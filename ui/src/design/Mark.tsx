import type { Manifest } from "../bridge/types";
import { DRAWINGS } from "./drawings";

/** A system's own mark: a drawing, else letters, in a rounded square with the system's hue. Never a logo. */
export function Mark({ manifest, size = 28 }: { manifest: Pick<Manifest, "id" | "mark" | "hue"> | undefined; size?: number }) {
  const drawing = manifest && DRAWINGS[manifest.id];
  const letters = manifest?.mark ?? "";
  return (
    <span
      className="mark"
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: size * (letters.length > 1 ? 0.44 : 0.54), ["--h" as string]: manifest?.hue ?? 265 }}
    >
      {drawing ? <svg viewBox="0 0 20 20" width={size * 0.68} height={size * 0.68}>{drawing}</svg> : letters}
    </span>
  );
}
