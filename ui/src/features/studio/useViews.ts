import { useReactFlow, type Viewport } from "@xyflow/react";
import { useCallback, useMemo, useRef, useState } from "react";

const most = 50;
const near = (a: Viewport, b: Viewport) => Math.abs(a.x - b.x) < 40 && Math.abs(a.y - b.y) < 40 && Math.abs(a.zoom / b.zoom - 1) < 0.06;

export interface Views { back: () => void; forward: () => void; canBack: boolean; canForward: boolean; leave: () => void }

/** Where one looked before, as in a browser: every jump leaves a place to come back to. */
export function useViews(): Views {
  const flow = useReactFlow();
  const past = useRef<Viewport[]>([]);
  const future = useRef<Viewport[]>([]);
  const [, tell] = useState(0);
  const said = useCallback(() => tell((n) => n + 1), []);
  /** Remembers where one is, before a jump. */
  const leave = useCallback(() => {
    const here = flow.getViewport();
    const before = past.current.at(-1);
    if (!before || !near(before, here)) past.current = [...past.current, here].slice(-most);
    future.current = [];
    said();
  }, [flow, said]);
  const step = useCallback((from: React.RefObject<Viewport[]>, to: React.RefObject<Viewport[]>) => {
    const here = flow.getViewport();
    let next = from.current.pop();
    if (next && near(next, here)) next = from.current.pop() ?? next;
    if (!next) return;
    to.current.push(here);
    void flow.setViewport(next, { duration: 200 });
    said();
  }, [flow, said]);
  const [canBack, canForward] = [past.current.length > 0, future.current.length > 0];
  return useMemo(() => ({ leave, back: () => step(past, future), forward: () => step(future, past), canBack, canForward }), [leave, step, canBack, canForward]);
}
