import {
  Ban, Check, CircleCheck, CircleDashed, CircleDot, CircleHelp, CirclePause, CircleX, Hourglass, Info, Loader, Lock,
  Minus, Pencil, Play, Plus, Repeat2, RotateCcw, RotateCw, SkipForward, Trash2, TriangleAlert, Undo2, Eye, Hand,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { Action, Confidence, RunState, RunSummary, Severity, StepState, StepView, UndoClass } from "../bridge/types";
import { words } from "../text/words";
import type { Tone } from "./feedback";

interface Meaning { tone: Tone; Icon: LucideIcon; word: string; spins?: boolean }

/** Every meaning has a colour, an icon and a word; this is where the three meet. */
export const stepMeaning: Record<StepState, Meaning> = {
  waiting: { tone: "idle", Icon: CircleDashed, word: words.states.waiting },
  ready: { tone: "idle", Icon: CircleDot, word: words.states.ready },
  intent: { tone: "busy", Icon: Loader, word: words.states.intent, spins: true },
  dispatched: { tone: "busy", Icon: Loader, word: words.states.dispatched, spins: true },
  accepted: { tone: "busy", Icon: Loader, word: words.states.accepted, spins: true },
  running: { tone: "busy", Icon: Loader, word: words.states.running, spins: true },
  succeeded: { tone: "ok", Icon: CircleCheck, word: words.states.succeeded },
  failed: { tone: "bad", Icon: CircleX, word: words.states.failed },
  cancelled: { tone: "idle", Icon: Ban, word: words.states.cancelled },
  skipped: { tone: "idle", Icon: SkipForward, word: words.states.skipped },
  unknown: { tone: "odd", Icon: CircleHelp, word: words.states.unknown },
  waiting_approval: { tone: "wait", Icon: CirclePause, word: words.states.waiting_approval },
  waiting_unlock: { tone: "wait", Icon: Lock, word: words.states.waiting_unlock },
  undone: { tone: "idle", Icon: RotateCcw, word: words.states.undone },
  retrying: { tone: "busy", Icon: RotateCw, word: words.states.retrying },
  asked: { tone: "bad", Icon: CircleHelp, word: words.states.asked },
};

/** Waits, and nothing but a person can change that. */
export const blockedMeaning: Meaning = { tone: "idle", Icon: Hourglass, word: words.blocked };

/** How a step of a run stands. */
export function meaningOfStep(step: Pick<StepView, "state" | "held_by">): Meaning {
  return step.state === "waiting" && step.held_by.length > 0 ? blockedMeaning : stepMeaning[step.state];
}

export const runMeaning: Record<RunState, Meaning> = {
  waiting: { tone: "wait", Icon: Hourglass, word: words.runStates.waiting },
  running: { tone: "busy", Icon: Loader, word: words.runStates.running, spins: true },
  succeeded: { tone: "ok", Icon: CircleCheck, word: words.runStates.succeeded },
  failed: { tone: "bad", Icon: CircleX, word: words.runStates.failed },
  cancelled: { tone: "idle", Icon: Ban, word: words.runStates.cancelled },
  created: { tone: "idle", Icon: CircleDashed, word: words.runStates.created },
  cancelling: { tone: "busy", Icon: Loader, word: words.runStates.cancelling, spins: true },
};

const takenBack: Meaning = { tone: "idle", Icon: RotateCcw, word: words.states.undone };

/** How a run stands; one that was taken back says so before all else. */
export function meaningOfRun(run: Pick<RunSummary, "state" | "undone_by">): Meaning {
  return run.undone_by !== null ? takenBack : runMeaning[run.state];
}

export const actionMeaning: Record<Action, Meaning> = {
  create: { tone: "ok", Icon: Plus, word: words.actions.create },
  update: { tone: "wait", Icon: Pencil, word: words.actions.update },
  replace: { tone: "bad", Icon: Repeat2, word: words.actions.replace },
  delete: { tone: "bad", Icon: Trash2, word: words.actions.delete },
  run: { tone: "busy", Icon: Play, word: words.actions.run },
  read: { tone: "idle", Icon: Eye, word: words.actions.read },
};

export const undoMeaning: Record<UndoClass, Meaning> = {
  automatic: { tone: "idle", Icon: Check, word: words.undo.automatic },
  restore: { tone: "idle", Icon: Undo2, word: words.undo.restore },
  delete: { tone: "idle", Icon: Minus, word: words.undo.delete },
  manual: { tone: "wait", Icon: Hand, word: words.undo.manual },
  impossible: { tone: "bad", Icon: Ban, word: words.undo.impossible },
};

export const severityMeaning: Record<Severity, Meaning> = {
  error: { tone: "bad", Icon: CircleX, word: words.severity.error },
  warning: { tone: "wait", Icon: TriangleAlert, word: words.severity.warning },
  info: { tone: "idle", Icon: Info, word: words.severity.info },
};

/** ● exact, ◐ predicted, ○ cannot know: drawn, so that they align and scale. */
export function ConfidenceMark({ confidence, size = 12 }: { confidence: Confidence; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" role="img" aria-label={words.confidence[confidence]} style={{ flex: "none" }}>
      <title>{words.confidence[confidence]}</title>
      <circle cx="6" cy="6" r="4.75" fill={confidence === "exact" ? "currentColor" : "none"} stroke="currentColor" strokeWidth="1.5" strokeDasharray={confidence === "unknown" ? "2 1.6" : undefined} />
      {confidence === "predicted" ? <path d="M6 1.25a4.75 4.75 0 0 1 0 9.5z" fill="currentColor" /> : null}
    </svg>
  );
}

/** The icon of a meaning. */
export function MeaningIcon({ meaning, size = 16 }: { meaning: Meaning; size?: number }) {
  const { Icon } = meaning;
  return <Icon size={size} aria-hidden className={meaning.spins ? "spinner" : undefined} />;
}
