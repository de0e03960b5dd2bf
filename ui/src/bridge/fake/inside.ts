import type { EnvironmentView, InsideView } from "../types";
import { operationOf } from "./manifests";

/** What is inside a step: invented things in a chain, or the reason why nobody can look. */
export function insideOf(step: string, title: string, uses: string, environment: EnvironmentView): InsideView {
  const draw = operationOf(uses)?.capability.draw;
  const view: InsideView = { step, title, uses, environment: environment.name, mode: environment.practice ? "simulated" : "real", mode_open: false, graph: { nodes: [], edges: [] }, layout: { podium: 1, nodes: {} }, more: 0, sentence: "", cannot: false };
  if (draw?.support === "no") return { ...view, cannot: true, sentence: `Nobody can look inside this step, because ${draw.because}` };
  const things = [["network", "aws_vpc"], ["zone", "aws_subnet"], ["a-machine-whose-name-does-not-fit-into-the-node", "aws_instance"], ["größe", "random_pet"]] as const;
  view.graph.nodes = things.map(([name, kind]) => ({ id: name, title: name, uses: kind, problems: 0, badges: [] }));
  view.graph.edges = things.slice(1).map(([name], at) => ({ from: things[at]?.[0] ?? "", to: name, on: "success", kind: "order" }));
  things.forEach(([name], at) => { view.layout.nodes[name] = { x: at * 300, y: 0 }; });
  return { ...view, sentence: "4 things of 4 kinds." };
}
