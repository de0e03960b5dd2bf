import { useRef } from "react";
import { create } from "zustand";

const usePress = create<{ down: boolean }>(() => ({ down: false }));

/** Watches whether a pointer is held down anywhere in the window. */
export function followPresses(): () => void {
  const down = () => usePress.setState({ down: true });
  // The click comes after the pointer went up; only then may anything move.
  const up = () => setTimeout(() => usePress.setState({ down: false }), 0);
  window.addEventListener("pointerdown", down, true);
  window.addEventListener("pointerup", up, true);
  window.addEventListener("pointercancel", up, true);
  window.addEventListener("blur", up);
  return () => {
    window.removeEventListener("pointerdown", down, true);
    window.removeEventListener("pointerup", up, true);
    window.removeEventListener("pointercancel", up, true);
    window.removeEventListener("blur", up);
  };
}

/** What was shown when the pointer went down stays until it is up, so that a press ends where it began. */
export function useSteady<T>(value: T): T {
  const down = usePress((state) => state.down);
  const shown = useRef(value);
  if (!down) shown.current = value;
  return shown.current;
}
