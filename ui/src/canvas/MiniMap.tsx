import { useReactFlow, useStore } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { Frame } from "../bridge/types";
import { drawOverview, type OverviewNode } from "../graph/overview";
import { canvasWords } from "../text/canvas";
import { boundsOf } from "./fit";
import { blockColour, readInk } from "./Overview";
import type { CanvasStep } from "./types";

const size = { width: 168, height: 108 };
const none: { from: string; to: string }[] = [];

/** The whole graph in small, drawn on one canvas, with the part in sight. */
export function MiniMap({ steps, frames = {} }: { steps: CanvasStep[]; frames?: Record<string, Frame> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useReactFlow();
  const bounds = useMemo(() => boundsOf(steps), [steps]);
  const zoom = Math.min((size.width - 20) / bounds.width, (size.height - 20) / bounds.height, 0.14);
  const origin = useMemo(() => ({ x: (size.width - bounds.width * zoom) / 2 - bounds.x * zoom, y: (size.height - bounds.height * zoom) / 2 - bounds.y * zoom }), [bounds, zoom]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = size.width * ratio;
    canvas.current.height = size.height * ratio;
    const ink = readInk();
    const nodes = new Map<string, OverviewNode>(steps.map((step) => [step.id, { ...step.at, fill: blockColour(step, ink) }]));
    drawOverview(context, { ...size, ratio }, { ...origin, zoom }, nodes, none, { wire: ink("--wire") });
    context.strokeStyle = ink("--line-2");
    for (const frame of Object.values(frames)) context.strokeRect(frame.x * zoom + origin.x, frame.y * zoom + origin.y, frame.width * zoom, frame.height * zoom);
  }, [steps, frames, origin, zoom]);

  const go = useCallback((event: React.PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = size.width / box.width;
    const x = ((event.clientX - box.left) * scale - origin.x) / zoom;
    const y = ((event.clientY - box.top) * scale - origin.y) / zoom;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  }, [flow, origin, zoom]);

  const byKey = useCallback((event: React.KeyboardEvent) => {
    const hop = { ArrowLeft: [120, 0], ArrowRight: [-120, 0], ArrowUp: [0, 120], ArrowDown: [0, -120] }[event.key];
    if (!hop) return;
    const view = flow.getViewport();
    void flow.setViewport({ ...view, x: view.x + (hop[0] ?? 0), y: view.y + (hop[1] ?? 0) });
    event.preventDefault();
  }, [flow]);

  return (
    <button
      type="button" className="minimap" aria-label={canvasWords.minimap} data-testid="minimap" onKeyDown={byKey}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); go(event); }}
      onPointerMove={(event) => { if (event.buttons === 1) go(event); }}
    >
      <canvas ref={canvas} />
      <ViewBox origin={origin} zoom={zoom} />
    </button>
  );
}

function ViewBox({ origin, zoom }: { origin: { x: number; y: number }; zoom: number }) {
  const [x, y, scale] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const percent = (value: number, of: number) => `${(value / of) * 100}%`;
  return (
    <div className="minimap-view" style={{
      left: percent((-x / scale) * zoom + origin.x, size.width), top: percent((-y / scale) * zoom + origin.y, size.height),
      width: percent((width / scale) * zoom, size.width), height: percent((height / scale) * zoom, size.height),
    }} />
  );
}
