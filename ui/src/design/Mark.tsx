import type { Manifest } from "../bridge/types";

/** A system's own mark: a letterform in a rounded square with the system's hue. Never a logo. */
export function Mark({ manifest, size = 28 }: { manifest: Pick<Manifest, "mark" | "hue" | "label"> | undefined; size?: number }) {
  const letters = manifest?.mark ?? "";
  return (
    <span
      className="mark"
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: size * (letters.length > 1 ? 0.44 : 0.54), ["--h" as string]: manifest?.hue ?? 265 }}
    >
      {letters}
    </span>
  );
}
