import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import type { DocumentView, Step, WorkflowDocument } from "../../bridge/types";
import { useCanvasSteps } from "./useCanvasSteps";

const plain: Step = { uses: "command/run", with: {}, needs: [], join: "all", on_error: "stop", credentials: {} };
const ids = Array.from({ length: 1000 }, (_, n) => `s${n}`);
const documentWith = (changed: Record<string, Partial<Step>> = {}): WorkflowDocument => ({ podium: 1, name: "Big", inputs: {}, credentials: {}, outputs: {}, steps: Object.fromEntries(ids.map((id) => [id, { ...plain, ...changed[id] }])) });
const viewWith = (moved: Record<string, { x: number; y: number; pinned?: boolean }> = {}) => ({ diagnostics: [], layout: { podium: 1, nodes: Object.fromEntries(ids.map((id, n) => [id, moved[id] ?? { x: n, y: 0 }])) } }) as unknown as DocumentView;

it("of a thousand steps, only the one that changed is another: the rest is not drawn again", () => {
  const { result, rerender } = renderHook(({ document, view }) => useCanvasSteps(document, view, [], undefined), { initialProps: { document: documentWith(), view: viewWith() } });
  const changed = () => {
    const before = result.current;
    return (next: { document: WorkflowDocument; view: DocumentView }) => {
      rerender(next);
      return result.current.filter((step, n) => step !== before[n]).map((step) => step.id);
    };
  };
  expect(result.current).toHaveLength(1000);
  expect(changed()({ document: documentWith(), view: viewWith({ s500: { x: 9, y: 9 } }) })).toEqual(["s500"]);
  expect(changed()({ document: documentWith({ s7: { title: "Überschrift" } }), view: viewWith({ s500: { x: 9, y: 9 } }) })).toEqual(["s7"]);
  expect(changed()({ document: documentWith({ s7: { title: "Überschrift" } }), view: viewWith({ s500: { x: 9, y: 9, pinned: true } }) })).toEqual(["s500"]);
});
