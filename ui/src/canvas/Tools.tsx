import { useReactFlow, useStore } from "@xyflow/react";
import { Maximize, Minus, Plus, WandSparkles } from "lucide-react";
import { IconButton } from "../design/Button";
import { canvasWords } from "../text/canvas";
import type { CanvasStep } from "./types";
import { useFit } from "./useFit";

/** Zoom, fit and tidy, at hand in the corner. */
export function Tools({ steps, selected, onTidy }: { steps: CanvasStep[]; selected: string[]; onTidy?: (() => void) | undefined }) {
  const flow = useReactFlow();
  const fit = useFit();
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  const shown = selected.length > 1 ? steps.filter((step) => selected.includes(step.id)) : steps;
  return (
    <div className="canvas-tools">
      <IconButton label={canvasWords.zoomOut} placement="top" onPress={() => void flow.zoomOut({ duration: 120 })}><Minus size={16} /></IconButton>
      <span className="zoom-value">{zoom} %</span>
      <IconButton label={canvasWords.zoomIn} placement="top" onPress={() => void flow.zoomIn({ duration: 120 })}><Plus size={16} /></IconButton>
      <IconButton label={selected.length > 1 ? canvasWords.zoomSelection : canvasWords.fit} keys="f" placement="top" onPress={() => fit(shown)} data-testid="fit"><Maximize size={16} /></IconButton>
      {onTidy ? <IconButton label={canvasWords.tidy} keys="t" placement="top" onPress={onTidy} data-testid="tidy"><WandSparkles size={16} /></IconButton> : null}
    </div>
  );
}
