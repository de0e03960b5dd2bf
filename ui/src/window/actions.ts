import { create } from "zustand";
import { useEffect } from "react";

/**
 * An action is a record; menu, keyboard and palette read the same one. A screen registers what it can
 * do while it is shown.
 */
export interface Action {
  id: string;
  label: string;
  /** Such as `mod+z`; several are separated by a space. */
  keys?: string;
  /** Absent means always. */
  enabled?: boolean;
  /** Whether the keys work while typing in a field. */
  whileTyping?: boolean;
  /** The keys count only while what has the focus is inside this; a selector. */
  within?: string;
  /** The keys keep their usual meaning while a text of the page is marked. */
  unlessText?: boolean;
  /** The browser hears the keys as well, and sends what it has to say about them. */
  passes?: boolean;
  /** Not offered in the palette, only by its keys. */
  quiet?: boolean;
  run: () => void;
}

export const useActions = create<{ groups: Record<string, Action[]> }>(() => ({ groups: {} }));

/** Registers a screen's actions while it is shown. */
export function useRegisterActions(group: string, actions: Action[]): void {
  useEffect(() => {
    useActions.setState(({ groups }) => ({ groups: { ...groups, [group]: actions } }));
  }, [group, actions]);
  useEffect(() => () => {
    useActions.setState(({ groups }) => {
      const { [group]: _gone, ...rest } = groups;
      return { groups: rest };
    });
  }, [group]);
}

function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const mod = parts.includes("mod");
  if (mod !== (event.metaKey || event.ctrlKey)) return false;
  if (parts.includes("alt") !== event.altKey) return false;
  const pressed = event.key.toLowerCase();
  // A sign such as `/` or `?` may need Shift on some keyboards; letters say whether they want it.
  if (key.length > 1 || /[a-z0-9]/.test(key)) if (parts.includes("shift") !== event.shiftKey) return false;
  if (key === "delete") return pressed === "delete" || pressed === "backspace";
  return pressed === key;
}

function isTyping(target: EventTarget | null): boolean {
  const path = target instanceof Element ? target : null;
  return Boolean(path?.closest("input, textarea, select, [contenteditable], .text-panel, [role=listbox], [role=menu], [aria-haspopup=listbox]"));
}

/** Listens for the shortcuts of all registered actions. */
export function followKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector(".scrim")) return;
    const typing = isTyping(event.target);
    for (const actions of Object.values(useActions.getState().groups)) {
      for (const action of actions) {
        if (!action.keys || action.enabled === false || (typing && !action.whileTyping)) continue;
        if (action.within && !(event.target instanceof Element && event.target.closest(action.within))) continue;
        if (!action.keys.split(" ").some((keys) => matches(event, keys))) continue;
        if (action.unlessText && window.getSelection()?.isCollapsed === false) continue;
        if (!action.passes) event.preventDefault();
        action.run();
        return;
      }
    }
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
