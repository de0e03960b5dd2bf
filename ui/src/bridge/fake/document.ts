import { parseDocument, Document as YamlDocument, LineCounter, isMap, type Node } from "yaml";
import type { Diagnostic, DocumentView, Edit, Frame, Json, JsonObject, Layout, Need, Note, GraphEdge, Point, Span, Step, WorkflowDocument } from "../types";
import { freeId } from "../../graph/edits";
import { layered } from "../../graph/layout";
import { edgesOfPlan } from "../../graph/view";
import { manifests, operationOf } from "./manifests";

interface Things { pins?: Record<string, boolean | undefined> | undefined; frames?: Record<string, Frame | null | undefined> | undefined; notes?: Record<string, Note | null | undefined> | undefined }

interface Stage { label: string; text: string; layout: Layout }

/** One open workflow of the fake host. The real one keeps untouched bytes; this one need not. */
export class FakeDocument {
  private version = 1;
  private undoStack: Stage[] = [];
  private redoStack: Stage[] = [];
  private text: string;
  private layout: Layout;

  constructor(readonly workflow: string, text: string, layout?: Layout["nodes"]) {
    this.text = text;
    this.layout = { podium: 1, nodes: layout ?? {}, frames: {}, notes: {} };
    if (!layout) {
      this.tidy();
      this.undoStack = [];
    }
  }

  view(): DocumentView {
    const { document, diagnostics } = read(this.text, `workflows/${this.workflow}.yaml`);
    return {
      workflow: this.workflow, file: `workflows/${this.workflow}.yaml`, version: `v${this.version}`, text: this.text,
      document, graph: { edges: document ? edgesOf(document) : [], nodes: Object.entries(document?.steps ?? {}).map(([id, step]) => ({ id, title: step.title || id, uses: step.uses, problems: 0, badges: [] })) },
      diagnostics, layout: this.layout, undo: this.undoStack.at(-1)?.label ?? null, redo: this.redoStack.at(-1)?.label ?? null,
    };
  }

  edit(version: string, label: string, edits: Edit[], moves: Record<string, Point>, things: Things = {}): void {
    if (version !== `v${this.version}`) throw { code: "POD0208", message: "The workflow changed in between.", hint: "Look again, then repeat the change.", retry: "temporary" };
    const yaml = parseDocument(this.text);
    for (const edit of edits) apply(yaml, edit);
    const nodes = { ...this.layout.nodes, ...moves };
    for (const edit of edits) {
      if (edit.edit === "remove_step") delete nodes[edit.id];
      const at = edit.edit === "rename_step" ? nodes[edit.id] : undefined;
      if (edit.edit === "rename_step" && at) {
        nodes[edit.to] = at;
        delete nodes[edit.id];
      }
    }
    for (const [id, pinned] of Object.entries(things.pins ?? {})) if (nodes[id]) nodes[id] = { ...nodes[id], pinned: pinned ?? false };
    const frames = put(this.layout.frames ?? {}, things.frames);
    const notes = put(this.layout.notes ?? {}, things.notes);
    this.commit(label, edits.length > 0 ? yaml.toString({ lineWidth: 0 }) : this.text, { podium: 1, nodes, frames, notes });
  }

  setText(text: string): void {
    if (text !== this.text) this.commit("Edit the text", text, this.layout);
  }

  /** The real host also rewrites references and slots; here ids are made free. */
  paste(version: string, label: string, text: string, at?: Point | null): { steps: string[]; frames: string[]; notes: string[] } {
    const parsed = parseDocument(text.replaceAll(/^\s*```.*$/gm, "")).toJS() as (Partial<WorkflowDocument> & { layout?: Partial<Layout> }) | null;
    const own = read(this.text, "").document?.steps ?? {};
    const steps = Object.entries(parsed?.steps ?? {});
    const things = { frames: Object.entries(parsed?.layout?.frames ?? {}), notes: Object.entries(parsed?.layout?.notes ?? {}) };
    if (steps.length + things.frames.length + things.notes.length === 0) throw { code: "POD0201", message: "What was copied holds no steps.", hint: "Copy steps in Podium.", retry: "permanent" };
    const ids = new Map<string, string>();
    for (const [id] of steps) ids.set(id, freeId(id, [...Object.keys(own), ...ids.values()]));
    let body = JSON.stringify(Object.fromEntries(steps.map(([id, step]) => [ids.get(id), step])));
    for (const [id, to] of ids) body = body.replaceAll(new RegExp(`steps\\.${id}\\b`, "g"), `steps.${to}`);
    const made = JSON.parse(body) as Record<string, Step>;
    const edits: Edit[] = Object.entries(made).map(([id, step]) => ({ edit: "set_field", pointer: `/steps/${id}`, value: { ...step, ...(step.needs ? { needs: needsOf(step).map((need) => plainNeed({ ...need, step: ids.get(need.step) ?? need.step })) } : {}) } as unknown as Json }));
    for (const [name, slot] of Object.entries(parsed?.credentials ?? {})) if (!read(this.text, "").document?.credentials[name]) edits.unshift({ edit: "set_field", pointer: `/credentials/${name}`, value: slot as unknown as Json });
    const corners = [...Object.values(parsed?.layout?.nodes ?? {}), ...Object.values(parsed?.layout?.frames ?? {}), ...Object.values(parsed?.layout?.notes ?? {})];
    const shift = at ? { x: at.x - Math.min(...corners.map((c) => c.x)), y: at.y - Math.min(...corners.map((c) => c.y)) } : { x: 40, y: 40 };
    const moved = <T extends Point>(place: T): T => ({ ...place, x: place.x + shift.x, y: place.y + shift.y });
    const moves = Object.fromEntries(Object.entries(parsed?.layout?.nodes ?? {}).map(([id, place]) => [ids.get(id) ?? id, moved({ ...place, pinned: false })]));
    const frames = Object.fromEntries(things.frames.map(([id, frame]) => [freeId(id, Object.keys(this.layout.frames ?? {})), moved(frame)]));
    const notes = Object.fromEntries(things.notes.map(([id, note]) => [freeId(id, Object.keys(this.layout.notes ?? {})), moved(note)]));
    this.edit(version, label, edits, moves, { frames, notes });
    return { steps: [...ids.values()], frames: Object.keys(frames), notes: Object.keys(notes) };
  }

  tidy(selection?: string[]): void {
    const { document } = read(this.text, "");
    if (!document) return;
    const all = layered(Object.keys(document.steps), edgesOfPlan(edgesOf(document), document));
    const nodes = { ...this.layout.nodes };
    for (const [id, at] of Object.entries(all)) if (!nodes[id]?.pinned && (!selection?.length || selection.includes(id))) nodes[id] = at;
    this.commit("Tidy up", this.text, { ...this.layout, nodes });
  }

  undo(): void { this.swap(this.undoStack, this.redoStack); }
  redo(): void { this.swap(this.redoStack, this.undoStack); }

  private swap(from: Stage[], to: Stage[]): void {
    const stage = from.pop();
    if (!stage) return;
    to.push({ label: stage.label, text: this.text, layout: this.layout });
    this.text = stage.text;
    this.layout = stage.layout;
    this.version += 1;
  }

  private commit(label: string, text: string, layout: Layout): void {
    this.undoStack.push({ label, text: this.text, layout: this.layout });
    this.redoStack = [];
    this.text = text;
    this.layout = layout;
    this.version += 1;
  }
}

function put<T>(all: Record<string, T>, changes: Record<string, T | null | undefined> | undefined): Record<string, T> {
  return Object.fromEntries(Object.entries({ ...all, ...changes }).filter((entry): entry is [string, T] => entry[1] !== null && entry[1] !== undefined));
}

/** A selection as text. */
export function copyOf(view: DocumentView, steps: string[], frames: string[], notes: string[]): string {
  const whole = parseDocument(view.text).toJS() as Partial<WorkflowDocument>;
  const only = <T>(all: Record<string, T> | undefined, ids: string[]) => Object.fromEntries(Object.entries(all ?? {}).filter(([id]) => ids.includes(id)));
  const chosen = only(whole.steps, steps);
  for (const step of Object.values(chosen) as { needs?: Need[] | undefined }[]) {
    if (!step.needs) continue;
    step.needs = step.needs.filter((need) => steps.includes(typeof need === "string" ? need : need.step));
    if (step.needs.length === 0) delete step.needs;
  }
  const slots = Object.values(chosen).flatMap((step) => Object.values(step.credentials ?? {}));
  return new YamlDocument({
    podium: 1, ...(slots.length > 0 ? { credentials: only(whole.credentials, slots as string[]) } : {}), ...(steps.length > 0 ? { steps: chosen } : {}),
    layout: { nodes: only(view.layout.nodes, steps), frames: only(view.layout.frames, frames), notes: only(view.layout.notes, notes) },
  }).toString({ lineWidth: 0 });
}

function pathOf(pointer: string): string[] {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function apply(yaml: YamlDocument, edit: Edit): void {
  switch (edit.edit) {
    case "add_step":
      if (!isMap(yaml.get("steps"))) yaml.set("steps", yaml.createNode({}));
      yaml.setIn(["steps", edit.id], yaml.createNode({ uses: edit.uses, ...(edit.title ? { title: edit.title } : {}), ...(Object.keys(edit.with).length > 0 ? { with: edit.with } : {}) }));
      break;
    case "remove_step":
      yaml.deleteIn(["steps", edit.id]);
      for (const [id, step] of Object.entries((yaml.toJS() as WorkflowDocument).steps ?? {})) {
        const needs = (step.needs as unknown as (string | Need)[] | undefined) ?? [];
        const kept = needs.filter((need) => (typeof need === "string" ? need : need.step) !== edit.id);
        if (kept.length === needs.length) continue;
        if (kept.length === 0) yaml.deleteIn(["steps", id, "needs"]);
        else yaml.setIn(["steps", id, "needs"], yaml.createNode(kept));
      }
      break;
    case "rename_step": {
      const text = yaml.toString({ lineWidth: 0 });
      const renamed = text
        .replace(new RegExp(`^(  )${edit.id}:`, "m"), `$1${edit.to}:`)
        .replace(new RegExp(`steps\\.${edit.id}\\b`, "g"), `steps.${edit.to}`)
        .replace(/needs: \[[^\]]*\]/g, (list) => list.replace(new RegExp(`\\b${edit.id}\\b`), edit.to));
      yaml.contents = parseDocument(renamed).contents as never;
      break;
    }
    case "set_field": yaml.setIn(pathOf(edit.pointer), yaml.createNode(edit.value)); break;
    case "set_top": yaml.set(edit.key, yaml.createNode(edit.value)); break;
    case "remove_field": yaml.deleteIn(pathOf(edit.pointer)); break;
    case "add_need": {
      const needs = needsOf((yaml.toJS() as WorkflowDocument).steps[edit.step]).filter((need) => need.step !== edit.needs);
      yaml.setIn(["steps", edit.step, "needs"], yaml.createNode([...needs, { step: edit.needs, on: edit.on }].map(plainNeed)));
      break;
    }
    case "remove_need": {
      const needs = needsOf((yaml.toJS() as WorkflowDocument).steps[edit.step]).filter((need) => need.step !== edit.needs);
      if (needs.length === 0) yaml.deleteIn(["steps", edit.step, "needs"]);
      else yaml.setIn(["steps", edit.step, "needs"], yaml.createNode(needs.map(plainNeed)));
    }
  }
}

const plainNeed = (need: Need): Json => (need.on === "success" ? need.step : { step: need.step, on: need.on });

function needsOf(step: Step | undefined): Need[] {
  return ((step?.needs as unknown as (string | Partial<Need>)[] | undefined) ?? []).map((need) =>
    typeof need === "string" ? { step: need, on: "success" } : { step: need.step ?? "", on: need.on ?? "success" });
}

/** Reads a text: the document, and everything that is wrong with it. */
export function read(text: string, file: string): { document: WorkflowDocument | null; diagnostics: Diagnostic[] } {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const spanAt = (from: number, to: number): Span => {
    const [a, b] = [lines.linePos(from), lines.linePos(to)];
    return { start: { line: a.line, column: a.col, byte: from }, end: { line: b.line, column: b.col, byte: to } };
  };
  if (yaml.errors.length > 0) {
    return { document: null, diagnostics: yaml.errors.map((error) => ({
      severity: "error", code: "POD0001", summary: "The text is not valid YAML.", detail: error.message.split("\n")[0] ?? "", address: { file },
      span: spanAt(error.pos[0], error.pos[1]),
    })) };
  }
  const raw = (yaml.toJS() ?? {}) as Partial<WorkflowDocument>;
  const steps: Record<string, Step> = {};
  for (const [id, step] of Object.entries(raw.steps ?? {})) {
    const s = (step ?? {}) as Partial<Step>;
    steps[id] = { ...s, uses: String(s.uses ?? ""), with: s.with ?? {}, needs: needsOf(s as Step), join: s.join ?? "all", on_error: s.on_error ?? "stop", credentials: s.credentials ?? {} };
  }
  const document: WorkflowDocument = {
    podium: 1, name: raw.name ?? "", description: raw.description ?? "", inputs: raw.inputs ?? {}, credentials: raw.credentials ?? {}, steps, outputs: raw.outputs ?? {},
  };
  const diagnostics: Diagnostic[] = [];
  const say = (severity: Diagnostic["severity"], code: string, summary: string, detail: string, step: string, path: string[], hint?: string) => {
    const node = (path.length > 0 ? yaml.getIn(path, true) : null) as Node | null | undefined;
    const where = node?.range ?? (yaml.getIn(["steps", step], true) as Node | undefined)?.range;
    diagnostics.push({ severity, code, summary, detail, address: { file, step, field: `/${path.join("/")}` }, ...(hint ? { hint } : {}), ...(where ? { span: spanAt(where[0], where[1]) } : {}) });
  };
  for (const [id, step] of Object.entries(steps)) {
    const op = operationOf(step.uses);
    if (!op) say("error", "POD0110", "Unknown operation.", `\`${step.uses}\` is no operation of a connector.`, id, ["steps", id, "uses"], `Operations look like \`${manifests[0]?.operations[0]?.name}\`.`);
    for (const name of op?.input.required ?? []) {
      const value = step.with[name];
      if (value === undefined || value === "" || value === null) say("error", "POD0120", "An input is missing.", `\`${op?.input.properties?.[name]?.title ?? name}\` must be given.`, id, ["steps", id, "with", name]);
    }
    for (const port of op?.credentials ?? []) if (port.required && !step.credentials[port.name]) say("error", "POD0130", "A credential is missing.", `This step needs ${port.title}.`, id, ["steps", id, "credentials"], "Choose a slot under Credentials.");
    for (const need of step.needs) if (!steps[need.step]) say("error", "POD0102", "Unknown step.", `There is no step \`${need.step}\`.`, id, ["steps", id, "needs"]);
    for (const reference of referencesOf(step.with)) if (!steps[reference.step]) say("error", "POD0102", "Unknown step.", `There is no step \`${reference.step}\`.`, id, ["steps", id, "with"]);
  }
  for (const id of cycleOf(document)) say("error", "POD0103", "The steps go round in a circle.", `\`${id}\` waits for itself, through other steps.`, id, ["steps", id]);
  return { document, diagnostics };
}

interface Reference { step: string; output: string; field: string }

function referencesOf(value: Json | JsonObject, field = ""): Reference[] {
  if (typeof value === "string") {
    return [...value.matchAll(/steps\.([a-z][a-z0-9_]*)\.outputs\.([a-z0-9_.]+)/g)].map((m) => ({ step: m[1] ?? "", output: m[2] ?? "", field }));
  }
  if (Array.isArray(value)) return value.flatMap((item, at) => referencesOf(item, `${field}/${at}`));
  if (value && typeof value === "object") return Object.entries(value).flatMap(([key, item]) => referencesOf(item, `${field}/${key}`));
  return [];
}

export function edgesOf(document: WorkflowDocument): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  for (const [id, step] of Object.entries(document.steps)) {
    for (const need of step.needs) edges.set(`${need.step} ${id}`, { from: need.step, to: id, on: need.on, kind: "order" });
    for (const reference of referencesOf(step.with)) {
      const key = `${reference.step} ${id}`;
      const edge = edges.get(key);
      const paths = [...(edge?.kind === "data" ? edge.paths : []), `outputs.${reference.output}`];
      edges.set(key, { from: reference.step, to: id, on: edge?.on ?? "success", kind: "data", paths, drawn: edge?.kind === "order" || (edge?.kind === "data" && edge.drawn) });
    }
  }
  return [...edges.values()].filter((edge) => document.steps[edge.from]);
}

function cycleOf(document: WorkflowDocument): string[] {
  const left = new Set(Object.keys(document.steps));
  const edges = edgesOf(document);
  for (let go = true; go; ) {
    go = false;
    for (const id of left) {
      if (edges.some((edge) => edge.to === id && left.has(edge.from))) continue;
      left.delete(id);
      go = true;
    }
  }
  return [...left].filter((id) => edges.some((edge) => edge.from === id && left.has(edge.to)));
}
