import { many } from "./format";

export const canvasWords = {
  graph: "Workflow graph", node: (title: string, operation: string, state: string) => `${title}, ${operation}${state ? `, ${state}` : ""}`,
  problems: (count: number) => many(count, "problem", "problems"),
  fit: "Show everything", zoomIn: "Zoom in", zoomOut: "Zoom out", zoomReset: "Zoom to 100 %", zoomSelection: "Zoom to the selection", tidy: "Tidy up", minimap: "Overview map",
  edge: (from: string, to: string, on: string) => `From ${from} to ${to}, ${on}`,
  on: { success: "after success", failure: "after failure", always: "in any case" },
  badges: {
    off: "Switched off: passed through", offShort: "off", condition: "Runs if", conditionShort: "if", each: "Once for each", eachShort: "each",
    retry: (attempts: number) => `Tried up to ${attempts} times`, approval: "Waits for a person",
    join: (rule: string) => (rule === "any" ? "Goes on when any step before it is done" : `Goes on when ${rule} steps before it are done`),
    joinShort: (rule: string) => (rule === "any" ? "any" : `${rule} of n`),
  },
};
