/** The words that every screen shares. Each area has its own file beside this one. */
import { many } from "./format";
import type { Action, Confidence, RunState, Severity, StepState, UndoClass } from "../bridge/types";

export const words = {
  product: "Podium",
  close: "Close",
  cancel: "Cancel",
  tryAgain: "Try again",
  more: "More",
  optional: "optional",
  search: "Search",
  copy: "Copy",
  copied: "Copied",
  open: "Open",
  simulated: "Simulated",
  real: "Real",
  mixed: "Partly simulated",
  mixedHelp: "Simulators of Podium stand in for some of its systems; the others are real. Each step says which.",
  simulatedHelp: "A simulator of Podium stands in for the far system. Nothing outside this computer is touched.",
  realHelp: "This reaches the real system.",
  screens: { home: "Home", studio: "Studio", runs: "Runs", credentials: "Credentials", environments: "Environments", settings: "Settings", preview: "Preview", run: "Run", undo: "Undo" },
  slow: "This takes longer than usual. The backend is still working.",
  undoing: (label: string) => `Undone: ${label}`,
  states: {
    waiting: "Waiting", ready: "Ready", intent: "Starting", dispatched: "Starting", accepted: "Accepted", running: "Running",
    succeeded: "Done", failed: "Failed", cancelled: "Cancelled", skipped: "Skipped", unknown: "Unknown",
    waiting_approval: "Needs approval", waiting_unlock: "Needs unlock", undone: "Taken back", retrying: "Tries again", asked: "Needs you",
  } satisfies Record<StepState, string>,
  runStates: { waiting: "Waits for you", running: "Running", succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled", created: "Made", cancelling: "Cancelling" } satisfies Record<RunState, string>,
  actions: { create: "creates", update: "changes", replace: "replaces", delete: "deletes", run: "runs", read: "reads" } satisfies Record<Action, string>,
  confidence: { exact: "Exact", predicted: "Predicted", unknown: "Cannot know" } satisfies Record<Confidence, string>,
  confidenceHelp: {
    exact: "The system itself said so, for these inputs.",
    predicted: "Worked out from what is known; the system cannot say for certain.",
    unknown: "Nobody can know before it runs.",
  } satisfies Record<Confidence, string>,
  undo: { automatic: "Undo by itself", restore: "Undo restores", delete: "Undo deletes", manual: "Undo by hand", impossible: "No undo" } satisfies Record<UndoClass, string>,
  undoHelp: {
    automatic: "There is nothing to take back, or the system takes it back by itself.",
    restore: "Undo puts the state before back.",
    delete: "Undo deletes what this made.",
    manual: "A person has to take this back.",
    impossible: "This cannot be taken back.",
  } satisfies Record<UndoClass, string>,
  severity: { error: "Error", warning: "Warning", info: "Note" } satisfies Record<Severity, string>,
  steps: (count: number) => many(count, "step", "steps"),
  problems: (count: number) => many(count, "problem", "problems"),
};
