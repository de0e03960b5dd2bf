import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Manifest, Operation, Point } from "../../bridge/types";

export interface Dragging { manifest: Manifest; operation: Operation; at: Point; overCanvas: boolean; overEdge: string | null }
export interface PaletteDrag {
  dragging: Dragging | null;
  start: (event: React.PointerEvent<HTMLElement>, manifest: Manifest, operation: Operation) => void;
  move: (event: React.PointerEvent<HTMLElement>) => void;
  end: (event: React.PointerEvent<HTMLElement>) => void;
  cancel: () => void;
}

/** Dragging a step out of the palette, with pointer events alone. */
export function usePaletteDrag(onDrop: (operation: Operation, client: Point, edge: string | null) => void): PaletteDrag {
  const [dragging, setDragging] = useState<Dragging | null>(null);
  const held = useRef<{ manifest: Manifest; operation: Operation; from: Point; moved: boolean } | null>(null);
  const drop = useRef(onDrop);
  drop.current = onDrop;

  const cancel = useCallback(() => {
    held.current = null;
    setDragging(null);
  }, []);

  useEffect(() => {
    if (!dragging) return;
    const onKey = (event: KeyboardEvent) => { if (event.key === "Escape") cancel(); };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [dragging, cancel]);

  return useMemo(() => ({
    dragging,
    start(event, manifest, operation) {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      held.current = { manifest, operation, from: { x: event.clientX, y: event.clientY }, moved: false };
    },
    move(event) {
      const hold = held.current;
      if (!hold) return;
      const at = { x: event.clientX, y: event.clientY };
      if (!hold.moved && Math.hypot(at.x - hold.from.x, at.y - hold.from.y) < 4) return;
      hold.moved = true;
      const under = document.elementFromPoint(at.x, at.y);
      setDragging({ manifest: hold.manifest, operation: hold.operation, at, overCanvas: under?.closest(".canvas") != null, overEdge: edgeNear(at) });
    },
    end(event) {
      const hold = held.current;
      cancel();
      if (!hold?.moved) return;
      const at = { x: event.clientX, y: event.clientY };
      if (document.elementFromPoint(at.x, at.y)?.closest(".canvas")) drop.current(hold.operation, at, edgeNear(at));
    },
    cancel,
  }), [dragging, cancel]);
}

function edgeNear(at: Point): string | null {
  return document.elementFromPoint(at.x, at.y)?.closest<HTMLElement>(".react-flow__edge")?.dataset.id ?? null;
}
