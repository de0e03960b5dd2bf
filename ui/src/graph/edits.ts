import type { Edit, Json, JsonObject, Need, Operation, Point, When, WorkflowDocument } from "../bridge/types";
import { fieldsOf } from "./schema";
import { pointer } from "./pointer";
import { nodeSize } from "./size";

/** A gesture as data: what changes in the document and in the layout, under one name for undo. */
export interface Change {
  label: string;
  edits: Edit[];
  layout: { step: string; at: Point | null }[];
}

const grid = 20;
export const snap = (point: Point): Point => ({ x: Math.round(point.x / grid) * grid, y: Math.round(point.y / grid) * grid });

/** An id that is free: the operation's last word, then with a number. Ids are `[a-z][a-z0-9_]*`. */
export function freeId(base: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  const clean = base.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+/, "").replace(/_+$/, "") || "step";
  if (!used.has(clean)) return clean;
  for (let n = 2; ; n += 1) if (!used.has(`${clean}_${n}`)) return `${clean}_${n}`;
}

/** The id a step gets: by what it is, not by its verb, where the verb alone says little. */
export function idFor(operation: Operation, taken: Iterable<string>): string {
  const [system = "", verb = ""] = operation.name.split("/");
  const dull = new Set(["apply", "run", "deploy", "request", "execute"]);
  return freeId(dull.has(verb) ? system : verb, taken);
}

/** What stands in a new step: the fields a person must fill, with their defaults. */
export function firstInputs(operation: Operation): JsonObject {
  const inputs: JsonObject = {};
  for (const field of fieldsOf(operation.input)) {
    if (!field.required) continue;
    if (field.schema.default !== undefined) inputs[field.name] = field.schema.default;
    else if (field.schema.const !== undefined) inputs[field.name] = field.schema.const;
  }
  return inputs;
}

/** Slots of the workflow that fit the operation's credentials; missing ones are made. */
function credentialEdits(operation: Operation, document: WorkflowDocument): { credentials: JsonObject; edits: Edit[] } {
  const credentials: JsonObject = {};
  const edits: Edit[] = [];
  for (const port of operation.credentials) {
    if (port.name.includes("*")) continue;
    const slot = Object.entries(document.credentials).find(([, s]) => s.type === port.kind)?.[0];
    if (slot) credentials[port.name] = slot;
    else if (port.required) {
      const name = freeId(port.kind === "aws" ? "cloud" : port.kind, Object.keys(document.credentials));
      edits.push({ op: "set", path: pointer("credentials", name), value: { type: port.kind } });
      credentials[port.name] = name;
    }
  }
  return { credentials, edits };
}

export interface AddOptions {
  /** Steps that come before. */
  after?: string[];
  /** Put between these two. */
  splice?: { from: string; to: string; on: When; drawn: boolean };
}

/** A new step at a place. */
export function addStep(document: WorkflowDocument, operation: Operation, at: Point, options: AddOptions = {}): Change & { id: string } {
  const id = idFor(operation, Object.keys(document.steps));
  const { credentials, edits } = credentialEdits(operation, document);
  const before = options.splice ? [{ step: options.splice.from, on: options.splice.on }] : (options.after ?? []).map((step): Need => ({ step, on: "success" }));
  const step: JsonObject = { uses: operation.name };
  if (before.length > 0) step.needs = before.map(needValue);
  if (Object.keys(credentials).length > 0) step.credentials = credentials;
  const inputs = firstInputs(operation);
  if (Object.keys(inputs).length > 0) step.with = inputs;
  const all: Edit[] = [...edits, { op: "add_step", id, step }];
  if (options.splice) {
    if (options.splice.drawn) all.push({ op: "remove_need", step: options.splice.to, need: options.splice.from });
    all.push({ op: "add_need", step: options.splice.to, need: { step: id, on: "success" } });
  }
  return { id, label: `Add ${operation.title}`, edits: all, layout: [{ step: id, at: snap(at) }] };
}

const needValue = (need: Need): Json => (need.on === "success" ? need.step : { step: need.step, on: need.on });

export function removeSteps(ids: string[]): Change {
  return { label: ids.length === 1 ? "Delete a step" : `Delete ${ids.length} steps`, edits: ids.map((id) => ({ op: "remove_step", id })), layout: ids.map((step) => ({ step, at: null })) };
}

/** An edge of order. */
export function connect(from: string, to: string, on: When = "success"): Change {
  return { label: "Connect two steps", edits: [{ op: "add_need", step: to, need: { step: from, on } }], layout: [] };
}

/** An edge that carries an output into an input; the drawn one, if any, is no longer needed. */
export function flow(from: string, output: string, to: string, field: string, drawn: boolean): Change {
  const edits: Edit[] = [{ op: "set", path: `${pointer("steps", to, "with")}${field}`, value: `\${{ steps.${from}.outputs.${output} }}` }];
  if (drawn) edits.push({ op: "remove_need", step: to, need: from });
  return { label: "Use an output", edits, layout: [] };
}

export function moveSteps(moves: { step: string; at: Point }[]): Change {
  return { label: moves.length === 1 ? "Move a step" : `Move ${moves.length} steps`, edits: [], layout: moves };
}

/** Sets or clears a key of a step; `path` starts below the step. */
export function setInStep(id: string, path: string, value: Json | undefined, label: string): Change {
  const whole = pointer("steps", id) + path;
  return { label, edits: [value === undefined ? { op: "remove", path: whole } : { op: "set", path: whole, value }], layout: [] };
}

/** Whether an edge from → to would close a circle. */
export function wouldCircle(edges: readonly { from: string; to: string }[], from: string, to: string): boolean {
  if (from === to) return true;
  const next = new Map<string, string[]>();
  for (const edge of edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  const open = [to];
  const seen = new Set<string>();
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (here === from) return true;
    if (seen.has(here)) continue;
    seen.add(here);
    open.push(...(next.get(here) ?? []));
  }
  return false;
}

/** A free place near a wished one, so that nodes do not lie on each other. */
export function freePlace(wish: Point, taken: readonly Point[]): Point {
  const at = snap(wish);
  const covers = (point: Point) => taken.some((other) => Math.abs(other.x - point.x) < nodeSize.width && Math.abs(other.y - point.y) < nodeSize.height + 16);
  for (let tries = 0; covers(at) && tries < 60; tries += 1) at.y += 100;
  return at;
}
