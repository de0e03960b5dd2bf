import type { Point } from "../bridge/types";
import { nodeSize } from "./size";

export interface OverviewNode { x: number; y: number; fill: string }
export interface OverviewInk { wire: string }

/** Draws the whole graph as coloured blocks: what is seen when zoomed far out. */
export function drawOverview(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number; ratio: number },
  view: { x: number; y: number; zoom: number },
  nodes: ReadonlyMap<string, OverviewNode>,
  edges: readonly { from: string; to: string }[],
  ink: OverviewInk,
): void {
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const place = (point: Point): Point => ({ x: point.x * view.zoom + view.x, y: point.y * view.zoom + view.y });
  const w = Math.max(2, nodeSize.width * view.zoom);
  const h = Math.max(1.5, nodeSize.height * view.zoom);
  context.strokeStyle = ink.wire;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.beginPath();
  for (const edge of edges) {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    if (!from || !to) continue;
    const a = place({ x: from.x + nodeSize.width, y: from.y + nodeSize.height / 2 });
    const b = place({ x: to.x, y: to.y + nodeSize.height / 2 });
    if (Math.max(a.x, b.x) < 0 || Math.min(a.x, b.x) > size.width || Math.max(a.y, b.y) < 0 || Math.min(a.y, b.y) > size.height) continue;
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
  }
  context.stroke();
  context.globalAlpha = 1;
  for (const node of nodes.values()) {
    const at = place(node);
    if (at.x + w < 0 || at.y + h < 0 || at.x > size.width || at.y > size.height) continue;
    context.fillStyle = node.fill;
    context.fillRect(at.x, at.y, w, h);
  }
}
