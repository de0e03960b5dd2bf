import { useReactFlow, useStore } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { drawOverview, type OverviewNode } from "../graph/overview";
import { canvasWords } from "../text/canvas";
import { boundsOf } from "./fit";
import { blockColour, readInk } from "./Overview";
import type { CanvasStep } from "./types";

const size = { width: 168, height: 108 };
const none: { from: string; to: string }[] = [];

/** The whole graph in small, drawn on one canvas, with the part in sight. */
export function MiniMap({ steps }: { steps: CanvasStep[] }) {
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
  }, [steps, origin, zoom]);

  const go = useCallback((event: React.PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = size.width / box.width;
    const x = ((event.clientX - box.left) * scale - origin.x) / zoom;
    const y = ((event.clientY - box.top) * scale - origin.y) / zoom;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  }, [flow, origin, zoom]);

  return (
    <div
      className="minimap" role="img" aria-label={canvasWords.minimap} data-testid="minimap"
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); go(event); }}
      onPointerMove={(event) => { if (event.buttons === 1) go(event); }}
    >
      <canvas ref={canvas} />
      <ViewBox origin={origin} zoom={zoom} />
    </div>
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
