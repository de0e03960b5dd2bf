import { many } from "./format";

export const canvasWords = {
  graph: "Workflow graph", node: (title: string, operation: string, state: string) => `${title}, ${operation}${state ? `, ${state}` : ""}`,
  frame: "Frame", frameNamed: (title: string) => (title ? `Frame: ${title}` : "Frame"), noteNamed: (text: string) => (text ? `Note: ${text.slice(0, 80)}` : "Empty note"), noteEmpty: "An empty note",
  problems: (count: number) => many(count, "problem", "problems"),
  fit: "Show everything", zoomIn: "Zoom in", zoomOut: "Zoom out", zoomReset: "Zoom to 100 %", zoomSelection: "Zoom to the selection", tidy: "Tidy up", minimap: "Overview map; arrow keys move what is in sight",
  edge: (from: string, to: string, on: string) => `From ${from} to ${to}, ${on}`,
  on: { success: "after success", failure: "after failure", always: "in any case" },
  badges: {
    off: "Switched off: passed through", offShort: "off", condition: "Runs if", conditionShort: "if", each: "Once for each", eachShort: "each",
    retry: (attempts: number) => `Tried up to ${attempts} times`, approval: "Waits for a person",
    join: (rule: string, parents: number) => (rule === "all" ? `Waits for all ${parents} steps before it` : rule === "any" ? `Goes on when any of the ${parents} steps before it is done` : `Goes on when ${rule} of the ${parents} steps before it are done`),
    joinShort: (rule: string, parents: number) => (rule === "all" ? `all ${parents}` : rule === "any" ? `any of ${parents}` : `${rule} of ${parents}`),
    pin: "Stays where it is when the canvas is tidied",
  },
};
