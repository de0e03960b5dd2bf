import type { Json, GraphEdge, RunEdge, When, WorkflowDocument } from "../bridge/types";

/** An edge as the screens see it, whoever drew the graph. */
export interface EdgeView {
  from: string;
  to: string;
  on: When;
  /** Whether the author wrote it under `needs`; else it is there because a value flows. */
  drawn: boolean;
  /** What flows: the output, and the field (JSON pointer below `with`) that takes it, where known. */
  data: { output: string; field: string }[];
}

/** The edges of a plan's graph; the document, where there is one, tells which fields take the values. */
export function edgesOfPlan(edges: readonly GraphEdge[], document: WorkflowDocument | null): EdgeView[] {
  return edges.map((edge) => {
    if (edge.kind === "order") return { from: edge.from, to: edge.to, on: edge.on, drawn: true, data: [] };
    const uses = document?.steps[edge.to] ? referencesTo(edge.from, document.steps[edge.to]?.with ?? {}) : [];
    const data = uses.length > 0 ? uses : edge.paths.map((path) => ({ output: path.replace(/^outputs\./, ""), field: "" }));
    return { from: edge.from, to: edge.to, on: edge.on, drawn: edge.drawn, data };
  });
}

export function edgesOfRun(edges: readonly RunEdge[]): EdgeView[] {
  return edges.map((edge) => ({ from: edge.from, to: edge.to, on: edge.on, drawn: true, data: edge.data ? [{ output: "", field: "" }] : [] }));
}

/** Where a step's inputs use outputs of another one. */
function referencesTo(step: string, value: Json, field = ""): { output: string; field: string }[] {
  if (typeof value === "string") {
    return [...value.matchAll(new RegExp(`steps\\.${step}\\.outputs\\.([A-Za-z_][\\w.]*)`, "g"))].map((match) => ({ output: match[1] ?? "", field }));
  }
  if (Array.isArray(value)) return value.flatMap((item, at) => referencesTo(step, item, `${field}/${at}`));
  if (value !== null && typeof value === "object") return Object.entries(value).flatMap(([key, item]) => referencesTo(step, item, `${field}/${key}`));
  return [];
}
