import { useCallback, useEffect, useMemo, useRef } from "react";
import { call } from "../../bridge/client";
import type { ApiError, Point } from "../../bridge/types";
import type { Selection } from "../../canvas/types";
import { studioWords } from "../../text/studio";
import { say, sayError } from "../../window/toasts";
import type { OpenDocument } from "./useDocument";

/** What was copied last, for where the system's clipboard cannot be read. */
let last: string | null = null;

const partsOf = (selection: Selection) => ({ steps: selection.steps, frames: selection.frames ?? [], notes: selection.notes ?? [] });
export const countOf = (selection: Selection) => selection.steps.length + (selection.frames?.length ?? 0) + (selection.notes?.length ?? 0);

/** Puts a text on the system's clipboard; some web views only allow the old way. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    const focused = document.activeElement as HTMLElement | null;
    document.body.append(field);
    field.select();
    const done = document.execCommand?.("copy") ?? false;
    field.remove();
    focused?.focus?.({ preventScroll: true });
    return done;
  }
}

const isTyping = (target: EventTarget | null) => target instanceof Element && target.closest("input, textarea, [contenteditable], .text-panel, .cm-editor") !== null;

export interface Clipboard { copy: () => Promise<boolean>; cut: () => void; paste: () => void; duplicate: () => void }

/** A selection as text: to another place, another workflow, a chat, and back. */
export function useClipboard(workflow: string, open: OpenDocument, selection: Selection, onPasted: (selection: Selection) => void, remove: () => void, middle: () => Point | null): Clipboard {
  const now = useRef({ selection, onPasted, remove, middle, open });
  now.current = { selection, onPasted, remove, middle, open };
  const heard = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const textOf = useCallback(async (): Promise<string | null> => {
    await now.current.open.settled();
    try {
      return (await call("document.copy", { workflow, ...partsOf(now.current.selection) })).text;
    } catch (error) {
      sayError(error as ApiError);
      return null;
    }
  }, [workflow]);

  const put = useCallback(async (text: string, at: Point | null, label: (count: number) => string) => {
    const made = await now.current.open.paste(text, at, label);
    if (made) now.current.onPasted({ steps: made.steps, edge: null, frames: made.frames, notes: made.notes });
  }, []);

  const copy = useCallback(async () => {
    const text = await textOf();
    if (text === null) return false;
    last = text;
    const outside = await write(text);
    say({ tone: "ok", title: studioWords.copied(countOf(now.current.selection)), ...(outside ? {} : { detail: studioWords.copiedHere }) });
    return true;
  }, [textOf]);

  const pasteText = useCallback((text: string) => {
    const target = now.current.middle();
    // Where it was copied from the copy stands beside; anywhere else it comes to where one looks.
    void put(text, text === last ? null : target, studioWords.pasteLabel);
  }, [put]);

  const paste = useCallback(() => {
    clearTimeout(heard.current);
    // The browser's own paste event brings the text without asking for a right; only where it stays away is the clipboard read.
    heard.current = setTimeout(() => {
      void (navigator.clipboard?.readText?.() ?? Promise.reject(new Error("none"))).catch(() => last ?? "").then((text) => {
        const found = text.trim() === "" ? last : text;
        if (found) pasteText(found);
        else say({ tone: "idle", title: studioWords.pasteNothing });
      });
    }, 60);
  }, [pasteText]);

  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || document.querySelector(".scrim")) return;
      clearTimeout(heard.current);
      const text = event.clipboardData?.getData("text/plain") || last;
      if (!text) return;
      event.preventDefault();
      pasteText(text);
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, [pasteText]);

  return useMemo(() => ({
    copy, paste,
    cut: () => void copy().then((done) => { if (done) now.current.remove(); }),
    duplicate: () => void textOf().then((text) => { if (text !== null) void put(text, null, studioWords.duplicateLabel); }),
  }), [copy, paste, textOf, put]);
}
