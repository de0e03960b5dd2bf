import type { EnvironmentView, Manifest, WorkflowDocument } from "../../bridge/types";
import type { EdgeView } from "../../graph/view";
import type { Suggestion } from "../../forms/SchemaForm";
import { outputsOf } from "../../graph/schema";

/** All values that an expression in this step can use: inputs, steps before, the environment. */
export function suggestionsFor(id: string, document: WorkflowDocument, edges: readonly EdgeView[], manifests: Manifest[] | undefined, environment: EnvironmentView | undefined): Suggestion[] {
  const list: Suggestion[] = Object.entries(document.inputs).map(([name, schema]) => ({ expression: `inputs.${name}`, label: schema.title ?? name, note: "input" }));
  for (const [other, step] of Object.entries(document.steps)) {
    if (other === id || comesAfter(other, id, edges)) continue;
    const operation = manifests?.flatMap((m) => m.operations).find((op) => op.name === step.uses);
    const names = new Map(outputsOf(operation).ports.map((port) => [port.name, port.title]));
    for (const output of seenOutputs(document, other)) if (!names.has(output)) names.set(output, output);
    for (const [name, title] of names) list.push({ expression: `steps.${other}.outputs.${name}`, label: `${step.title || other} › ${title}`, note: name });
  }
  for (const name of Object.keys(environment?.vars ?? {})) list.push({ expression: `environment.vars.${name}`, label: name, note: "environment" });
  return list;
}

/** Outputs of a step that some expression of the document already uses. */
export function seenOutputs(document: WorkflowDocument, id: string): string[] {
  const text = JSON.stringify([document.steps, document.outputs]);
  return [...new Set([...text.matchAll(new RegExp(`steps\\.${id}\\.outputs\\.([A-Za-z_][\\w]*)`, "g"))].map((match) => match[1] ?? ""))].filter(Boolean);
}

function comesAfter(other: string, id: string, edges: readonly EdgeView[]): boolean {
  const open = [id];
  const seen = new Set<string>();
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    for (const edge of edges) {
      if (edge.from !== here || seen.has(edge.to)) continue;
      if (edge.to === other) return true;
      seen.add(edge.to);
      open.push(edge.to);
    }
  }
  return false;
}
