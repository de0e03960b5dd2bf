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
  /** Of the size that the system gives, in percent. */
  textSize: number;
  /** At which card of its tour somebody is, by the folder of a demo; -1 where it is over. */
  tours: Record<string, number>;
}

/** What a person chose about this window. No content of the workspace is in it. */
export const usePreferences = create<Preferences>()(
  persist((): Preferences => ({ theme: "system", environment: null, paletteOpen: true, inspectorOpen: true, lastWorkflow: null, minimap: true, recent: [], textSize: 100, tours: {} }), { name: "podium" }),
);

/** Keeps `data-theme` on the page in step with the choice and the system. */
export function followTheme(): void {
  const dark = window.matchMedia?.("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme, textSize } = usePreferences.getState();
    // A page of large letters has less room, whatever the window's width is.
    if (textSize >= 150) document.documentElement.dataset.text = "large";
    else delete document.documentElement.dataset.text;
    document.documentElement.style.fontSize = textSize === 100 ? "" : `${textSize}%`;
    document.documentElement.dataset.theme = theme === "system" ? (dark?.matches ? "dark" : "light") : theme;
  };
  dark?.addEventListener("change", apply);
  usePreferences.subscribe(apply);
  apply();
}
