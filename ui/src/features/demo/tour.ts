import { usePreferences } from "../../window/preferences";

/** A tour that is over, or was skipped. */
export const OVER = -1;

/** At which card somebody is in the demo of a folder. Who opens it for the first time is at the first. */
export const tourAt = (tours: Record<string, number>, folder: string) => tours[folder] ?? 0;

export function setTour(folder: string, at: number): void {
  usePreferences.setState(({ tours }) => ({ tours: { ...tours, [folder]: at } }));
}

/** Whether somebody has asked for the tour just now, and is to be led to it. */
export const asked = { now: false };

/** Begins it again, because somebody asked. */
export function startTour(folder: string): void {
  asked.now = true;
  // Also where it stands at its first card already.
  setTour(folder, OVER);
  setTimeout(() => setTour(folder, 0));
}

/** The demo is gone; one that is made there anew has its tour again. */
export function forgetTour(folder: string): void {
  usePreferences.setState(({ tours }) => ({ tours: Object.fromEntries(Object.entries(tours).filter(([of]) => of !== folder)) }));
}
