import type { When } from "../../bridge/types";
import { studioWords as w } from "../../text/studio";
import type { Action } from "../../window/actions";

/** What the studio can do, without saying how. Menu, keys and palette are made of these. */
export interface Hands {
  undoLabel: string | null; redoLabel: string | null; undo: () => void; redo: () => void;
  /** A change is on its way: what can be taken back is known when it has come, and taking back waits for it. */
  busy: boolean;
  /** How many steps, frames and notes are selected; whether an edge is. */
  steps: number; things: number; edge: boolean; pinned: boolean; off: boolean; total: number; canPreview: boolean; canBack: boolean; canForward: boolean;
  add: () => void; remove: () => void; selectAll: () => void; clear: () => void; copy: () => void; cut: () => void; paste: () => void; duplicate: () => void;
  tidy: () => void; fit: () => void; zoomSelection: () => void; zoom: (by: number | "reset") => void; back: () => void; forward: () => void; minimap: () => void;
  frame: () => void; note: () => void; pin: () => void; switchOff: () => void; connect: () => void; when: (on: When) => void; walk: (by: 1 | -1) => void;
  edit: () => void; steps_: () => void; find: () => void; text: () => void; outline: () => void; problems: () => void; preview: () => void; nudge: (dx: number, dy: number) => void;
}

export function studioActions(h: Hands): Action[] {
  const some = h.steps > 0 || h.things > 0;
  return [
    { id: "studio.add", label: h.edge ? w.quickAddBetween : w.quickAdd, keys: "/", run: h.add },
    { id: "studio.steps", label: w.paletteSearch, keys: "s", run: h.steps_ },
    { id: "studio.edit", label: w.editSelection, keys: "enter", within: ".canvas", enabled: some || h.edge, run: h.edit },
    { id: "studio.next", label: w.nextStep, keys: "j", enabled: h.total > 0, run: () => h.walk(1) },
    { id: "studio.previous", label: w.previousStep, keys: "k", enabled: h.total > 0, run: () => h.walk(-1) },
    { id: "studio.connect", label: w.connectFrom, keys: "c", enabled: h.steps === 1, run: h.connect },
    { id: "studio.success", label: w.edgeKind(w.on.success), keys: "1", enabled: h.edge, run: () => h.when("success") },
    { id: "studio.failure", label: w.edgeKind(w.on.failure), keys: "2", enabled: h.edge, run: () => h.when("failure") },
    { id: "studio.always", label: w.edgeKind(w.on.always), keys: "3", enabled: h.edge, run: () => h.when("always") },
    { id: "studio.undo", label: w.undo(h.undoLabel), keys: "mod+z", enabled: h.undoLabel !== null || h.busy, run: h.undo },
    { id: "studio.redo", label: w.redo(h.redoLabel), keys: "mod+shift+z mod+y", enabled: h.redoLabel !== null || h.busy, run: h.redo },
    { id: "studio.copy", label: w.copy, keys: "mod+c", unlessText: true, enabled: some, run: h.copy },
    { id: "studio.cut", label: w.cut, keys: "mod+x", unlessText: true, enabled: some, run: h.cut },
    { id: "studio.paste", label: w.paste, keys: "mod+v", passes: true, run: h.paste },
    { id: "studio.duplicate", label: w.duplicate, keys: "mod+d", enabled: some, run: h.duplicate },
    { id: "studio.delete", label: w.deleteSelection, keys: "delete", within: ".canvas", enabled: some || h.edge, run: h.remove },
    { id: "studio.selectAll", label: w.selectAll, keys: "mod+a", within: ".canvas", run: h.selectAll },
    { id: "studio.tidy", label: h.steps > 1 ? w.tidySelection : w.tidy, keys: "t", enabled: h.total > 0, run: h.tidy },
    { id: "studio.pin", label: h.pinned ? w.unpin : w.pin, keys: "p", enabled: h.steps > 0, run: h.pin },
    { id: "studio.off", label: h.off ? w.switchOn : w.switchOff, keys: "x", within: ".canvas, .drawer", enabled: h.steps > 0, run: h.switchOff },
    { id: "studio.frame", label: h.steps > 0 ? w.frameAround : w.addFrame, keys: "g", run: h.frame },
    { id: "studio.note", label: w.addNote, keys: "n", run: h.note },
    { id: "studio.fit", label: w.fit, keys: "f", enabled: h.total > 0, run: h.fit },
    { id: "studio.zoomSelection", label: w.zoomSelection, keys: "shift+f", enabled: h.steps > 0, run: h.zoomSelection },
    { id: "studio.zoomIn", label: w.zoomIn, keys: "=", run: () => h.zoom(1.25) },
    { id: "studio.zoomOut", label: w.zoomOut, keys: "-", run: () => h.zoom(0.8) },
    { id: "studio.zoomReset", label: w.zoomReset, keys: "0", run: () => h.zoom("reset") },
    { id: "studio.back", label: w.viewBack, keys: "mod+[", enabled: h.canBack, run: h.back },
    { id: "studio.forward", label: w.viewForward, keys: "mod+]", enabled: h.canForward, run: h.forward },
    { id: "studio.minimap", label: w.minimap, keys: "m", run: h.minimap },
    { id: "studio.find", label: w.find, keys: "mod+f", run: h.find },
    { id: "studio.text", label: w.focusText, keys: "mod+e", whileTyping: true, run: h.text },
    { id: "studio.outline", label: w.focusOutline, keys: "mod+o", run: h.outline },
    { id: "studio.problems", label: w.showProblems, keys: "mod+shift+m", run: h.problems },
    { id: "studio.preview", label: w.preview, keys: "mod+enter", whileTyping: true, enabled: h.canPreview, run: h.preview },
    { id: "studio.clear", label: w.nothingSelected, keys: "escape", quiet: true, enabled: some || h.edge, run: h.clear },
    ...([["arrowleft", -20, 0], ["arrowright", 20, 0], ["arrowup", 0, -20], ["arrowdown", 0, 20]] as const).map(([keys, dx, dy]): Action => ({ id: `studio.${keys}`, label: keys, keys: `alt+${keys}`, quiet: true, enabled: some, run: () => h.nudge(dx, dy) })),
  ];
}
