import { useMemo, useRef } from "react";
import type { DocumentView, Manifest, WorkflowDocument } from "../../bridge/types";
import { badgesOf } from "../../canvas/badges";
import type { CanvasStep } from "../../canvas/types";
import { layered } from "../../graph/layout";
import type { EdgeView } from "../../graph/view";

/** The document's steps as the canvas draws them; unchanged ones stay the same objects. */
export function useCanvasSteps(document: WorkflowDocument | null, view: DocumentView | undefined, edges: EdgeView[], manifests: Manifest[] | undefined): CanvasStep[] {
  const before = useRef(new Map<string, { key: string; step: CanvasStep }>());
  return useMemo(() => {
    if (!document || !view) return [];
    const ids = Object.keys(document.steps);
    const unplaced = ids.some((id) => !view.layout.nodes[id]);
    const fallback = unplaced ? layered(ids, edges) : {};
    const problems = new Map<string, number>();
    for (const diagnostic of view.diagnostics) {
      const step = diagnostic.address.step;
      if (step && diagnostic.severity === "error") problems.set(step, (problems.get(step) ?? 0) + 1);
    }
    const parents = new Map<string, number>();
    for (const edge of edges) parents.set(edge.to, (parents.get(edge.to) ?? 0) + 1);
    const next: typeof before.current = new Map();
    const list = ids.map((id): CanvasStep => {
      const step = document.steps[id];
      const manifest = manifests?.find((m) => m.id === step?.uses.split("/")[0]);
      const operation = manifest?.operations.find((op) => op.name === step?.uses);
      const made: CanvasStep = {
        id, at: pointOf(view.layout.nodes[id] ?? fallback[id]), title: step?.title || id, operation: operation?.title ?? step?.uses ?? "", manifest,
        badges: step ? badgesOf(step, parents.get(id), view.layout.nodes[id]?.pinned) : [], problems: problems.get(id) ?? 0, off: step?.off ?? false, editable: true,
      };
      const key = JSON.stringify([made.at, made.title, made.operation, made.badges, made.problems, made.off, manifest?.id]);
      const known = before.current.get(id);
      const kept = known?.key === key && known.step.manifest === manifest ? known.step : made;
      next.set(id, { key, step: kept });
      return kept;
    });
    before.current = next;
    return list;
  }, [document, view, edges, manifests]);
}

const pointOf = (place: { x: number; y: number } | undefined) => ({ x: place?.x ?? 0, y: place?.y ?? 0 });
