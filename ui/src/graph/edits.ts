import type { Edit, Frame, Json, JsonObject, Note, Operation, Point, When, WorkflowDocument } from "../bridge/types";
import { fieldsOf } from "./schema";
import { pointer } from "./pointer";
import { nodeSize } from "./size";

/** A gesture as data: what changes in the document and in the layout, under one name for undo. */
export interface Change {
  label: string;
  edits: Edit[];
  moves: Record<string, Point>;
  pins?: Record<string, boolean>;
  /** Frames and notes as they are to be; `null` takes one away. */
  frames?: Record<string, Frame | null>;
  notes?: Record<string, Note | null>;
  /** Changes of the same key in a row become one entry of undo. */
  merge?: string;
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
      edits.push({ edit: "set_field", pointer: pointer("credentials", name), value: { type: port.kind } });
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
  const before = options.splice ? [{ step: options.splice.from, on: options.splice.on }] : (options.after ?? []).map((step) => ({ step, on: "success" as const }));
  const after = before[0]?.step;
  const all: Edit[] = [...edits, { edit: "add_step", id, uses: operation.name, with: firstInputs(operation), ...(after ? { after } : {}) }];
  for (const need of before) all.push({ edit: "add_need", step: id, needs: need.step, on: need.on });
  for (const [port, slot] of Object.entries(credentials)) all.push({ edit: "set_field", pointer: pointer("steps", id, "credentials", port), value: slot });
  if (options.splice) {
    if (options.splice.drawn) all.push({ edit: "remove_need", step: options.splice.to, needs: options.splice.from });
    all.push({ edit: "add_need", step: options.splice.to, needs: id, on: "success" });
  }
  return { id, label: `Add ${operation.title}`, edits: all, moves: { [id]: snap(at) } };
}

export function removeSteps(ids: string[], frames: string[] = [], notes: string[] = []): Change {
  const count = ids.length + frames.length + notes.length;
  const what = frames.length + notes.length === 0 ? "step" : ids.length > 0 || frames.length * notes.length > 0 ? "thing" : frames.length > 0 ? "frame" : "note";
  const none = (list: string[]) => Object.fromEntries(list.map((id) => [id, null]));
  return {
    label: count === 1 ? `Delete a ${what}` : `Delete ${count} ${what}s`, edits: ids.map((id) => ({ edit: "remove_step", id })), moves: {},
    ...(frames.length > 0 ? { frames: none(frames) } : {}), ...(notes.length > 0 ? { notes: none(notes) } : {}),
  };
}

/** A step that is there already is put between two others. */
export function spliceStep(id: string, edge: { from: string; to: string; on: When; drawn: boolean }, at: Point, room: Record<string, Point> = {}): Change {
  const edits: Edit[] = [{ edit: "add_need", step: id, needs: edge.from, on: edge.on }];
  if (edge.drawn) edits.push({ edit: "remove_need", step: edge.to, needs: edge.from });
  edits.push({ edit: "add_need", step: edge.to, needs: id, on: "success" });
  return { label: "Put a step between", edits, moves: { ...room, [id]: snap(at) } };
}

/** An edge of order. */
export function connect(from: string, to: string, on: When = "success"): Change {
  return { label: "Connect two steps", edits: [{ edit: "add_need", step: to, needs: from, on }], moves: {} };
}

export function disconnect(from: string, to: string): Change {
  return { label: "Remove an edge", edits: [{ edit: "remove_need", step: to, needs: from }], moves: {} };
}

/** An edge that carries an output into an input; the drawn one, if any, is no longer needed. */
export function flow(from: string, output: string, to: string, field: string, drawn: boolean, expression = `steps.${from}.outputs.${output}`): Change {
  const edits: Edit[] = [{ edit: "set_field", pointer: `${pointer("steps", to, "with")}${field}`, value: `\${{ ${expression} }}` }];
  if (drawn) edits.push({ edit: "remove_need", step: to, needs: from });
  return { label: "Use an output", edits, moves: {} };
}

/** Sets or clears a value at a JSON pointer into the document. */
export function setField(path: string, value: Json | undefined, label: string): Change {
  return { label, edits: [value === undefined ? { edit: "remove_field", pointer: path } : { edit: "set_field", pointer: path, value }], moves: {}, merge: path };
}

/** Sets or clears a key of a step; `path` starts below the step. */
export function setInStep(id: string, path: string, value: Json | undefined, label: string): Change {
  return setField(pointer("steps", id) + path, value, label);
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

/** Moves what comes after to the right, where a step that was put in between would lie on it. */
export function makeRoom(at: Point, to: string, places: readonly { step: string; at: Point }[], edges: readonly { from: string; to: string }[]): Record<string, Point> {
  const next = places.find((place) => place.step === to)?.at;
  const gap = next ? at.x + nodeSize.width + 60 - next.x : 0;
  if (gap <= 0) return {};
  const after = new Set([to]);
  for (const step of after) for (const edge of edges) if (edge.from === step) after.add(edge.to);
  return Object.fromEntries(places.filter((place) => after.has(place.step)).map((place) => [place.step, snap({ x: place.at.x + gap, y: place.at.y })]));
}

/** A free place near a wished one, so that nodes do not lie on each other. */
export function freePlace(wish: Point, taken: readonly Point[]): Point {
  const at = snap(wish);
  const covers = (point: Point) => taken.some((other) => Math.abs(other.x - point.x) < nodeSize.width && Math.abs(other.y - point.y) < nodeSize.height + 16);
  for (let tries = 0; covers(at) && tries < 60; tries += 1) at.y += 100;
  return at;
}
