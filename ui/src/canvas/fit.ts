import type { Rect } from "@xyflow/react";
import { nodeSize } from "../graph/size";
import type { CanvasStep } from "./types";

/** The rectangle around steps, and around frames and notes where these are given. */
export function boundsOf(steps: readonly Pick<CanvasStep, "at">[], boxes: readonly Rect[] = []): Rect {
  if (steps.length + boxes.length === 0) return { x: 0, y: 0, width: 800, height: 500 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { at } of steps) {
    left = Math.min(left, at.x);
    top = Math.min(top, at.y);
    right = Math.max(right, at.x + nodeSize.width);
    bottom = Math.max(bottom, at.y + nodeSize.height);
  }
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
