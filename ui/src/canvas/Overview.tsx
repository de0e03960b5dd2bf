import { useStore } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { stepMeaning } from "../design/meaning";
import type { EdgeView } from "../graph/view";
import { drawOverview, type OverviewNode } from "../graph/overview";
import type { CanvasStep } from "./types";

/** The colour of a step when it is only a block. */
export function blockColour(step: CanvasStep, ink: (name: string) => string): string {
  if (step.problems > 0) return ink("--bad-line");
  const tone = step.tint?.tone ?? (step.state ? stepMeaning[step.state].tone : undefined);
  if (tone) return ink(`--${tone === "accent" ? "accent" : tone}-line`);
  return `oklch(0.66 0.11 ${step.manifest?.hue ?? 265})`;
}

export const readInk = () => {
  const style = getComputedStyle(document.documentElement);
  return (name: string) => style.getPropertyValue(name).trim();
};

/** Below 20 %: the graph drawn on one canvas. */
export function Overview({ steps, edges }: { steps: CanvasStep[]; edges: EdgeView[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const nodes = useMemo(() => {
    const ink = readInk();
    return new Map<string, OverviewNode>(steps.map((step) => [step.id, { ...step.at, fill: blockColour(step, ink) }]));
  }, [steps]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.current.width !== width * ratio) canvas.current.width = width * ratio;
    if (canvas.current.height !== height * ratio) canvas.current.height = height * ratio;
    drawOverview(context, { width, height, ratio }, { x, y, zoom }, nodes, edges, { wire: readInk()("--wire") });
  }, [x, y, zoom, width, height, nodes, edges]);
  return <canvas ref={canvas} className="overview" style={{ width, height }} aria-hidden />;
}
