import type { Rect } from "@xyflow/react";
import { nodeSize } from "../graph/size";
import type { CanvasStep } from "./types";

/** The rectangle around steps. */
export function boundsOf(steps: readonly Pick<CanvasStep, "at">[]): Rect {
  if (steps.length === 0) return { x: 0, y: 0, width: 800, height: 500 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { at } of steps) {
    left = Math.min(left, at.x);
    top = Math.min(top, at.y);
    right = Math.max(right, at.x + nodeSize.width);
    bottom = Math.max(bottom, at.y + nodeSize.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
