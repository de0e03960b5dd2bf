import { getViewportForBounds, type Rect, useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback, useEffect, useRef } from "react";
import { boundsOf } from "./fit";
import type { CanvasStep } from "./types";

/** Shows steps whole, never larger than life. */
export function useFit(): (steps: readonly CanvasStep[], readable?: number, boxes?: readonly Rect[]) => void {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useCallback((steps, readable = 0, boxes = []) => {
    const { width, height } = store.getState();
    if (width === 0 || height === 0) return;
    const bounds = boundsOf(steps, boxes);
    const view = getViewportForBounds(bounds, width, height, 0.03, 1, 0.08);
    // At first sight a drawing should be readable: a long one starts at its beginning.
    if (view.zoom < readable && steps.length <= 60) {
      view.zoom = readable;
      view.x = bounds.width * readable + 48 > width ? 32 - bounds.x * readable : (width - bounds.width * readable) / 2 - bounds.x * readable;
      view.y = bounds.height * readable + 48 > height ? 32 - bounds.y * readable : (height - bounds.height * readable) / 2 - bounds.y * readable;
    }
    void flow.setViewport(view, readable > 0 ? {} : { duration: 200 });
  }, [flow, store]);
}

/** Shows everything once, as soon as there is something and the canvas has a size. */
export function useFirstFit(steps: readonly CanvasStep[], readable: number): void {
  const fit = useFit();
  const store = useStoreApi();
  // An empty canvas is not moved under the hands of who draws on it.
  const done = useRef(steps.length === 0);
  const latest = useRef(steps);
  latest.current = steps;
  useEffect(() => {
    const tryNow = () => {
      const { width, height, panZoom } = store.getState();
      if (done.current || width === 0 || height === 0 || !panZoom || latest.current.length === 0) return;
      done.current = true;
      fit(latest.current, readable);
    };
    tryNow();
    return store.subscribe(tryNow);
  }, [steps, fit, store, readable]);
}
