import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "light" | "dark" | "system";

interface Preferences {
  theme: Theme;
  /** The chosen environment; the workspace's default where empty. */
  environment: string | null;
  paletteOpen: boolean;
  inspectorOpen: boolean;
  lastWorkflow: string | null;
  minimap: boolean;
  /** Actions of the palette, the newest first. */
  recent: string[];
}

/** What a person chose about this window. No content of the workspace is in it. */
export const usePreferences = create<Preferences>()(
  persist((): Preferences => ({ theme: "system", environment: null, paletteOpen: true, inspectorOpen: true, lastWorkflow: null, minimap: true, recent: [] }), { name: "podium" }),
);

/** Keeps `data-theme` on the page in step with the choice and the system. */
export function followTheme(): void {
  const dark = window.matchMedia?.("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme } = usePreferences.getState();
    document.documentElement.dataset.theme = theme === "system" ? (dark?.matches ? "dark" : "light") : theme;
  };
  dark?.addEventListener("change", apply);
  usePreferences.subscribe(apply);
  apply();
}
