import type { EnvironmentView, Manifest, Schema, WorkflowDocument } from "../../bridge/types";
import type { EdgeView } from "../../graph/view";
import type { Suggestion } from "../../forms/SchemaForm";
import { outputsOf } from "../../graph/schema";
import { studioWords } from "../../text/studio";

/** All values that an expression in this step can use: inputs, steps before, the environment. */
export function suggestionsFor(id: string, document: WorkflowDocument, edges: readonly EdgeView[], manifests: Manifest[] | undefined, environment: EnvironmentView | undefined): Suggestion[] {
  const list: Suggestion[] = Object.entries(document.inputs).map(([name, schema]) => ({ expression: `inputs.${name}`, label: schema.title ?? name, note: "input", schema: schema as Schema }));
  for (const [other, step] of Object.entries(document.steps)) {
    if (other === id || comesAfter(other, id, edges)) continue;
    const operation = manifests?.flatMap((m) => m.operations).find((op) => op.name === step.uses);
    const names = new Map<string, { title: string; schema: Schema | undefined }>(outputsOf(operation).ports.map((port) => [port.name, port]));
    if (outputsOf(operation).open) for (const output of seenOutputs(document, other)) if (!names.has(output)) names.set(output, { title: output, schema: undefined });
    for (const [name, { title, schema }] of names) list.push({ expression: `steps.${other}.outputs.${name}`, label: `${step.title || other} › ${title}`, note: name, schema });
  }
  for (const name of Object.keys(environment?.vars ?? {})) list.push({ expression: `environment.vars.${name}`, label: name, note: "environment" });
  return list;
}

/** Beside values, how steps before went and where it runs: what conditions ask for. */
export function conditionsFor(id: string, document: WorkflowDocument, edges: readonly EdgeView[], environments: readonly string[]): Suggestion[] {
  const list: Suggestion[] = [{ expression: "environment.name", label: studioWords.conditionEnvironment, ...(environments.length > 0 ? { schema: { enum: [...environments] } } : {}) }];
  for (const [other, step] of Object.entries(document.steps)) {
    if (other !== id && !comesAfter(other, id, edges)) list.push({ expression: `steps.${other}.status`, label: studioWords.conditionStatus(step.title || other), schema: { enum: ["succeeded", "failed", "skipped", "cancelled"] } });
  }
  return list;
}

/** Below these anything may stand: outputs of steps that name them only when they have run. */
export function openPrefixes(document: WorkflowDocument, manifests: Manifest[] | undefined): string[] {
  return Object.entries(document.steps).filter(([, step]) => outputsOf(manifests?.flatMap((m) => m.operations).find((op) => op.name === step.uses)).open || step.for_each).map(([id]) => `steps.${id}.outputs`);
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
