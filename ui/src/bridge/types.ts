/**
 * The shapes that cross the boundary to the host. Everything the screens know about the host's answers
 * is imported from here, so that there is one place to look when the generated types change.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/* ---- Errors and diagnostics ------------------------------------------------------------------- */

export type Severity = "info" | "warning" | "error";
export interface Position { line: number; column: number; byte: number }
export interface Span { start: Position; end: Position }
export interface Address { file: string; step?: string; field?: string }
export interface Diagnostic {
  severity: Severity;
  code: string;
  summary: string;
  detail: string;
  hint?: string;
  address: Address;
  span?: Span;
}
export type Retry = "permanent" | "temporary" | "persistent";
export interface ApiError { code: string; message: string; hint?: string; address?: Address; retry: Retry }

/* ---- Connectors ------------------------------------------------------------------------------- */

export interface Manifest {
  id: string;
  label: string;
  summary: string;
  mark: string;
  hue: number;
  credentials: CredentialKind[];
  operations: Operation[];
  tools: string[];
  links: string[];
  unconfirmed: string[];
}
export type Verb =
  | "validate" | "identify" | "preview" | "run" | "observe" | "cancel"
  | "verify" | "undo" | "drift" | "discover" | "draw";
export type Support = { support: "yes" } | { support: "partly"; because: string } | { support: "no"; because: string };
export interface Operation {
  name: string;
  title: string;
  summary: string;
  input: Schema;
  output: Schema;
  credentials: CredentialPort[];
  capability: Partial<Record<Verb, Support>>;
  writes: boolean;
  permissions: string[];
}
export interface CredentialPort { name: string; kind: string; required: boolean; title: string }
export interface CredentialKind { id: string; label: string; fields: CredentialField[] }
export interface CredentialField { name: string; label: string; help: string; secret: boolean; required: boolean }

/** The part of JSON Schema (2020-12) that forms and ports are drawn from. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  examples?: Json[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  "x-podium-order"?: number;
  "x-podium-more"?: boolean;
  "x-podium-discover"?: string;
  "x-podium-kind"?: string;
}

/* ---- The document ----------------------------------------------------------------------------- */

export type When = "success" | "failure" | "always";
export type Join = "all" | "any" | number;
export type OnError = "stop" | "continue" | "ask";
export interface Need { step: string; on: When }
export interface RetryRule { attempts: number; backoff?: string; factor?: number; max?: string; on?: string[] }
export interface Step {
  uses: string;
  title?: string;
  with: JsonObject;
  needs: Need[];
  join: Join;
  if?: string;
  for_each?: string;
  max_parallel?: number;
  max_failures?: number;
  retry?: RetryRule;
  timeout?: string;
  on_error: OnError;
  credentials: Record<string, string>;
  off?: boolean;
  note?: string;
  unknown?: JsonObject;
}
export interface Slot { type: string; title?: string }
export interface WorkflowDocument {
  podium: number;
  name: string;
  description?: string;
  inputs: Record<string, Schema>;
  credentials: Record<string, Slot>;
  steps: Record<string, Step>;
  outputs: JsonObject;
}
export interface Point { x: number; y: number }
export interface Layout { nodes: Record<string, Point> }
export interface EdgeView {
  from: string;
  to: string;
  /** The way the first must have gone. */
  on: When;
  /** Whether the author wrote it under `needs`; else it is only there because of `data`. */
  drawn: boolean;
  /** What flows: the output's path and the field (JSON pointer into `with`) that takes it. */
  data: { output: string; field: string }[];
}
export interface DocumentView {
  workflow: string;
  file: string;
  version: number;
  text: string;
  /** Absent while the text cannot be read; the last good one stays on the screen. */
  document: WorkflowDocument | null;
  edges: EdgeView[];
  diagnostics: Diagnostic[];
  layout: Layout;
  can_undo: string | null;
  can_redo: string | null;
}
/** One change of the document; `path` is a JSON pointer into it. */
export type Edit =
  | { op: "add_step"; id: string; step: JsonObject; after?: string }
  | { op: "remove_step"; id: string }
  | { op: "rename_step"; id: string; to: string }
  | { op: "set"; path: string; value: Json }
  | { op: "remove"; path: string }
  | { op: "add_need"; step: string; need: Need }
  | { op: "remove_need"; step: string; need: string };
export interface Move { step: string; at: Point | null }

/* ---- Preview ---------------------------------------------------------------------------------- */

export type Action = "create" | "update" | "replace" | "delete" | "run" | "read";
export type Confidence = "exact" | "predicted" | "unknown";
export type UndoClass = "automatic" | "restore" | "delete" | "manual" | "impossible";
export type Mode = "real" | "simulated";
export interface Change {
  action: Action;
  kind: string;
  name: string;
  before: Json;
  after: Json;
  stateful: boolean;
  confidence?: Confidence;
  because?: string;
}
export interface Undo { class: UndoClass; because: string | null }
export interface PreviewStep {
  id: string;
  uses: string;
  title?: string;
  mode: Mode;
  confidence: Confidence;
  because: string | null;
  waits_for: string[];
  changes: Change[];
  undo: Undo;
  notes?: string[];
  /** A missing right or an unreachable system: the preview of this step failed. */
  error?: ApiError;
}
export interface PreviewIdentity { credential: string; system: string; account: string; user: string; place?: string; expires?: string }
export interface PreviewSummary {
  create: number; update: number; replace: number; delete: number; run: number; unknown: number;
  words: string;
}
export interface Preview {
  podium: "preview/1";
  hash: string;
  workflow: string;
  environment: string;
  inputs: JsonObject;
  identities: PreviewIdentity[];
  summary: PreviewSummary;
  steps: PreviewStep[];
}

/* ---- Runs ------------------------------------------------------------------------------------- */

export type StepState =
  | "waiting" | "ready" | "intent" | "dispatched" | "accepted" | "running"
  | "succeeded" | "failed" | "cancelled" | "skipped" | "unknown"
  | "waiting_approval" | "waiting_unlock" | "undone";
export type RunState = "waiting" | "running" | "succeeded" | "failed" | "cancelled" | "undone";
export interface Made { kind: string; name: string; link?: string }
export interface StepError { code: string; message: string; hint?: string; retry: Retry }
export interface StepView {
  id: string;
  title: string;
  uses: string;
  mode: Mode;
  state: StepState;
  /** One sentence: what it does now, or what became of it. */
  sentence: string;
  attempt: number;
  started_at?: string;
  ended_at?: string;
  progress?: [number, number];
  outputs: JsonObject;
  hidden: string[];
  made: Made[];
  error?: StepError;
  undo?: Undo;
  /** What a person can decide now, for a failed or unknown step. */
  choices: Decision[];
  log_lines: number;
}
export type DecisionKind = "retry" | "ignore" | "stop" | "undo" | "happened" | "did_not_happen";
export interface Decision { kind: DecisionKind; consequence: string }
export interface RunView {
  run: string;
  workflow: string;
  name: string;
  environment: string;
  mode: Mode;
  state: RunState;
  sentence: string;
  started_at: string;
  ended_at?: string;
  /** The run that this one takes back. */
  undo_of?: string;
  /** The run that took this one back. */
  undone_by?: string;
  can_undo: boolean;
  can_cancel: boolean;
  inputs: JsonObject;
  outputs: JsonObject;
  made: Made[];
  edges: EdgeView[];
  layout: Layout;
  steps: StepView[];
  /** What keeps running on the far side after a cancel. */
  still_running?: string[];
}
export interface RunSummary {
  run: string;
  workflow: string;
  name: string;
  environment: string;
  mode: Mode;
  state: RunState;
  sentence: string;
  started_at: string;
  ended_at?: string;
  undo_of?: string;
  undone_by?: string;
  can_undo: boolean;
}
export type LogLevel = "debug" | "info" | "warning" | "error";
export interface LogLine { seq: number; at: string; level: LogLevel; text: string }
export interface LogPage { lines: LogLine[]; next: number; total: number }

/* ---- Workspace, credentials, environments ------------------------------------------------------ */

export interface WorkflowSummary {
  workflow: string;
  file: string;
  name: string;
  description: string;
  /** Connector ids, in the order of the steps, each once. */
  systems: string[];
  steps: number;
  inputs: Record<string, Schema>;
  problems: number;
  last_run?: RunSummary;
}
export interface Protection { approval: boolean; confirm?: "type-name"; read_only: boolean }
export interface EnvironmentView {
  name: string;
  title: string;
  order: number;
  practice: boolean;
  protect: Protection;
  vars: JsonObject;
  credentials: Record<string, string>;
}
export interface Workspace { name: string; path: string; is_demo: boolean; environment: string; recent: { name: string; path: string }[] }
export interface Identity { system: string; account: string; user: string; place?: string; expires?: string }
export interface CredentialView {
  name: string;
  kind: string;
  fields: Record<string, string>;
  identity?: Identity;
  tested_at?: string;
  error?: ApiError;
  used_in: string[];
}
export type VaultState = "absent" | "locked" | "unlocked";
export interface VaultView { state: VaultState; keychain: boolean; because?: string }
export interface DoctorCheck { id: string; label: string; state: "ok" | "missing" | "problem"; detail: string; hint?: string; version?: string }
export interface Choice { value: string; label: string }

/* ---- Events ----------------------------------------------------------------------------------- */

export interface RunEvent { podium: "event/1"; run: string; seq: number; at: string; type: string; step?: string; attempt?: number; data: JsonObject }
export interface EventBatch { run: string | null; events: RunEvent[]; changed: string[] }

/* ---- Commands --------------------------------------------------------------------------------- */

export interface Commands {
  "workspace.get": { request: Record<string, never>; response: Workspace | null };
  "workspace.open": { request: { path?: string; demo?: boolean }; response: Workspace };
  "workflow.list": { request: Record<string, never>; response: WorkflowSummary[] };
  "document.open": { request: { workflow: string }; response: DocumentView };
  "document.create": { request: { name: string }; response: DocumentView };
  "document.edit": { request: { workflow: string; version: number; label: string; edits: Edit[]; layout: Move[] }; response: DocumentView };
  "document.set_text": { request: { workflow: string; version: number; text: string }; response: DocumentView };
  "document.undo": { request: { workflow: string }; response: DocumentView };
  "document.redo": { request: { workflow: string }; response: DocumentView };
  "document.tidy": { request: { workflow: string; selection?: string[] }; response: DocumentView };
  "connector.list": { request: Record<string, never>; response: Manifest[] };
  "discover": { request: { operation: string; what: string; with: JsonObject; environment?: string }; response: Choice[] };
  "preview.make": { request: { workflow: string; environment: string; inputs: JsonObject }; response: Preview };
  "run.start": { request: { preview_hash: string }; response: { run: string } };
  "run.list": { request: Record<string, never>; response: RunSummary[] };
  "run.get": { request: { run: string }; response: RunView };
  "run.logs": { request: { run: string; step: string; from: number }; response: LogPage };
  "run.cancel": { request: { run: string }; response: null };
  "run.approve": { request: { run: string; step: string; approve: boolean; comment?: string }; response: null };
  "run.resolve": { request: { run: string; step: string; decision: DecisionKind }; response: null };
  "run.undo_preview": { request: { run: string }; response: Preview };
  "run.undo": { request: { run: string; preview_hash: string }; response: { run: string } };
  "credential.list": { request: Record<string, never>; response: CredentialView[] };
  "credential.add": { request: { name: string; kind: string; fields: Record<string, string>; secrets: Record<string, string> }; response: CredentialView };
  "credential.test": { request: { name: string }; response: CredentialView };
  "credential.remove": { request: { name: string }; response: null };
  "vault.state": { request: Record<string, never>; response: VaultView };
  "vault.create": { request: { passphrase?: string }; response: VaultView };
  "vault.unlock": { request: { passphrase?: string }; response: VaultView };
  "vault.lock": { request: Record<string, never>; response: VaultView };
  "environment.list": { request: Record<string, never>; response: EnvironmentView[] };
  "doctor.get": { request: Record<string, never>; response: DoctorCheck[] };
}
export type CommandName = keyof Commands;
export type Request<N extends CommandName> = Commands[N]["request"];
export type Response<N extends CommandName> = Commands[N]["response"];
