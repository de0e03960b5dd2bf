import type { Frame, Note, Point } from "../bridge/types";
import { nodeSize } from "../graph/size";

/** Frames and notes are nodes of the drawing, beside steps; their ids there say what they are. */
export const frameNode = (id: string) => `frame:${id}`;
export const noteNode = (id: string) => `note:${id}`;

export function thingOf(node: string): { kind: "step" | "frame" | "note"; id: string } {
  if (node.startsWith("frame:")) return { kind: "frame", id: node.slice(6) };
  if (node.startsWith("note:")) return { kind: "note", id: node.slice(5) };
  return { kind: "step", id: node };
}

/** Where things come to stand. */
export interface Arrangement { steps: Record<string, Point>; frames: Record<string, Frame>; notes: Record<string, Note> }

/** The colours that frames and notes can have: the names of tokens, so that both themes draw them. */
export const colours = ["idle", "accent", "ok", "wait", "bad", "odd"] as const;
export const colourOf = (name: string | undefined): string => (colours.find((colour) => colour === name) ?? "idle");

interface Box { x: number; y: number; width: number; height: number }
const middleIn = (frame: Box, box: Box) => {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  return x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height;
};

/** What stands in a frame, and so moves with it: what has its middle inside. Smaller frames count, not larger ones. */
export function insideOf(id: string, frames: Record<string, Frame>, notes: Record<string, Note>, steps: readonly { id: string; at: Point }[]): Map<string, Point> {
  const frame = frames[id];
  const found = new Map<string, Point>();
  if (!frame) return found;
  for (const step of steps) if (middleIn(frame, { ...step.at, ...nodeSize })) found.set(step.id, step.at);
  for (const [other, note] of Object.entries(notes)) if (middleIn(frame, note)) found.set(noteNode(other), { x: note.x, y: note.y });
  for (const [other, inner] of Object.entries(frames)) {
    if (other !== id && inner.width * inner.height < frame.width * frame.height && middleIn(frame, inner)) found.set(frameNode(other), { x: inner.x, y: inner.y });
  }
  return found;
}

const around = 40;
const head = 36;

/** A frame around steps, with room for its heading; a plain one where there are none. */
export function frameAround(steps: readonly { at: Point }[], middle: Point): Frame {
  if (steps.length === 0) return { x: middle.x - 180, y: middle.y - 120, width: 360, height: 240 };
  const left = Math.min(...steps.map((step) => step.at.x));
  const top = Math.min(...steps.map((step) => step.at.y));
  const right = Math.max(...steps.map((step) => step.at.x + nodeSize.width));
  const bottom = Math.max(...steps.map((step) => step.at.y + nodeSize.height));
  return { x: left - around, y: top - around - head, width: right - left + around * 2, height: bottom - top + around * 2 + head };
}
