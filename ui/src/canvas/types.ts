import type { Manifest, Point, StepState } from "../bridge/types";
import type { EdgeView } from "../graph/view";
import type { Tone } from "../design/feedback";

/** A step as the canvas draws it. Two with the same content are drawn once. */
export interface CanvasStep {
  id: string;
  at: Point;
  title: string;
  operation: string;
  manifest: Manifest | undefined;
  badges: Badge[];
  problems: number;
  off: boolean;
  state?: StepState | undefined;
  /** What it does now, read out. */
  sentence?: string | undefined;
  /** Shown under the title in place of the operation: what it does, what came of it, why it stands still. */
  line?: string | undefined;
  /** It waits for a step that only a person can move. */
  blocked?: boolean | undefined;
  /** A meaning that tints it, with its word (blast radius, undo class). */
  tint?: { tone: Tone; word: string } | undefined;
  /** Tidying leaves it where it is. */
  pinned?: boolean;
  /** Whether ports are drawn to pull edges from. */
  editable: boolean;
}

export interface Badge { id: "condition" | "each" | "retry" | "off" | "approval" | "simulated" | "real" | "join" | "note" | "pin"; word: string; text?: string }

export interface Selection { steps: string[]; edge: string | null; frames?: string[]; notes?: string[] }

export const nothing: Selection = { steps: [], edge: null };

export const edgeId = (edge: Pick<EdgeView, "from" | "to">): string => `${edge.from}>${edge.to}`;
