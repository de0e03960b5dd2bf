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
export interface ApiError { code: string; kind?: string; message: string; hint?: string; address?: Address; retry: Retry; diagnostics?: Diagnostic[] }
/** What went wrong with an operation on the world. */
export interface Failure { kind: string; code: string; message: string; hint?: string; retry: Retry; context?: [string, string][]; source?: string }

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
  local?: boolean;
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
export interface Place extends Point { pinned?: boolean }
export interface Layout { podium: number; nodes: Record<string, Place> }
export interface GraphNode { id: string; title: string; uses: string; problems: number; badges: string[] }
export type PlanEdge = { from: string; to: string; on: When } & ({ kind: "order" } | { kind: "data"; paths: string[]; drawn: boolean });
export interface Graph { nodes: GraphNode[]; edges: PlanEdge[] }
export interface DocumentView {
  workflow: string;
  file: string;
  text: string;
  version: string;
  /** Absent while the text cannot be read; the last good one stays on the screen. */
  document: WorkflowDocument | null;
  graph: Graph;
  layout: Layout;
  diagnostics: Diagnostic[];
  undo: string | null;
  redo: string | null;
}
export type Edit =
  | { edit: "add_step"; id: string; uses: string; title?: string; with: JsonObject; after?: string }
  | { edit: "remove_step"; id: string }
  | { edit: "rename_step"; id: string; to: string }
  | { edit: "set_field"; pointer: string; value: Json }
  | { edit: "remove_field"; pointer: string }
  | { edit: "add_need"; step: string; needs: string; on: When }
  | { edit: "remove_need"; step: string; needs: string }
  | { edit: "set_top"; key: string; value: Json };

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
  title: string;
  uses: string;
  mode: Mode;
  confidence: Confidence;
  because: string | null;
  waits_for: string[];
  changes: Change[];
  undo: Undo;
  notes?: string[];
  skipped?: boolean;
  /** A missing right, an unreachable system, a missing tool: this step could not be previewed. */
  problem?: Failure;
}
export interface PreviewIdentity { credential: string; system: string; account: string | null; user: string | null; place?: string; problem?: Failure }
export interface PreviewSummary {
  create: number; update: number; replace: number; delete: number; run: number; unknown: number;
  words: string;
}
export interface Preview {
  podium: string;
  hash: string;
  workflow: string;
  environment: string;
  inputs: JsonObject;
  undoes?: string;
  identities: PreviewIdentity[];
  summary: PreviewSummary;
  steps: PreviewStep[];
}
export interface PreviewView { preview: Preview; title: string; graph: Graph; layout: Layout; environment: EnvironmentView; diagnostics: Diagnostic[] }

/* ---- Runs; times are milliseconds since 1970 --------------------------------------------------- */

export type StepState =
  | "waiting" | "ready" | "waiting_approval" | "waiting_unlock" | "intent" | "dispatched" | "accepted" | "running" | "retrying"
  | "asked" | "unknown" | "succeeded" | "undone" | "failed" | "cancelled" | "skipped";
export type RunState = "created" | "running" | "waiting" | "cancelling" | "succeeded" | "failed" | "cancelled";
export interface Made { kind: string; name: string; link?: string }
export interface Thing { about: string; status: string }
export interface Counts { total: number; waiting: number; active: number; asking: number; succeeded: number; failed: number; cancelled: number; skipped: number }
export type BarKind = "prepare" | "work" | "person" | "vault" | "backoff";
export interface Bar { kind: BarKind; attempt: number; from: number; to: number | null }
export interface RunEdge { from: string; to: string; on: When; data: boolean }
export type QuestionKind = "preview" | "approval" | "differs" | "unlock" | "failure" | "unknown";
export interface Question { step: string | null; kind: QuestionKind; to: string[]; message: string; reason: string | null; quorum: number; by: string[]; changes: Change[] }
export interface UndoView { possible: boolean; because: string | null }
export interface StepView {
  id: string;
  title: string;
  uses: string;
  mode: Mode;
  state: StepState;
  sentence: string;
  attempt: number;
  things: Thing[];
  done: [number, number] | null;
  inputs: JsonObject;
  outputs: Json;
  hidden: string[];
  made: Made[];
  error: Failure | null;
  because: string | null;
  still_running: string[];
  undo: Undo;
  writes: boolean;
  confidence: Confidence;
  changes: Change[];
  remote: string | null;
  by: string | null;
  log_lines: number;
  started_at: number | null;
  ended_at: number | null;
  duration_ms: number | null;
  bars: Bar[];
  items: StepView[];
  item_counts: Counts;
}
export interface RunView {
  id: string;
  seq: number;
  workflow: string;
  title: string;
  environment: string;
  mode: Mode;
  state: RunState;
  sentence: string;
  by: string;
  inputs: JsonObject;
  preview: string;
  changes_in_words: string;
  approved_by: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  steps: StepView[];
  edges: RunEdge[];
  counts: Counts;
  questions: Question[];
  outputs: JsonObject;
  missing: Failure[];
  error: Failure | null;
  still_running: string[];
  cancelled_by: string | null;
  undoes: string | null;
  undone_by: string | null;
  undo: UndoView;
}
export interface RunSummary {
  id: string;
  workflow: string;
  title: string;
  environment: string;
  mode: Mode;
  state: RunState;
  sentence: string;
  by: string;
  created_at: number;
  ended_at: number | null;
  counts: Counts;
  questions: number;
  undo: UndoView;
  undoes: string | null;
  undone_by: string | null;
}
export type LogLevel = "debug" | "info" | "warning" | "error";
export interface LogEntry { number: number; step: string; at: string; level: LogLevel; text: string }
export interface LogPage { lines: LogEntry[]; total: number }
export type PersonsAnswer = { say: "approve" | "deny" | "skip" | "done" | "stop" | "go_on" } | { say: "retry"; with: JsonObject };

/* ---- Workspace, credentials, environments ------------------------------------------------------ */

export interface WorkflowTile {
  name: string;
  title: string;
  description: string;
  /** Connector ids, in the order of the steps, each once. */
  systems: string[];
  steps: number;
  problems: number;
  inputs: Record<string, Schema>;
  last_run: RunSummary | null;
}
export interface EnvironmentView {
  name: string;
  title: string;
  practice: boolean;
  approval: boolean;
  type_name: boolean;
  read_only: boolean;
  vars: JsonObject;
  credentials: Record<string, string>;
}
export interface WorkspaceView { name: string; folder: string; environments: EnvironmentView[]; default_environment: string | null; diagnostics: Diagnostic[] }
export interface Identity { system: string; account: string; user: string; place?: string; expires?: string }
export interface CredentialTest { at: string; identity: Identity | null; error: Failure | null; words: string }
export interface CredentialView {
  name: string;
  kind: string;
  label: string;
  fields: Record<string, string>;
  hidden: string[];
  created: string;
  used_in: string[];
  tested: CredentialTest | null;
}
export type VaultView =
  | { state: "empty"; keychain: boolean; because: string | null }
  | { state: "locked"; passphrase: boolean; because: string }
  | { state: "open"; key: string };
export interface Check { what: string; state: "good" | "missing" | "trouble"; detail: string; hint?: string }
export interface Choice { value: string; label: string }

/* ---- Events ----------------------------------------------------------------------------------- */

export interface Batch { run: string | null; events: unknown[]; logs: number; stale: string[]; trouble?: Failure }

/* ---- Commands --------------------------------------------------------------------------------- */

export type Empty = Record<string, never>;
export interface Commands {
  "workspace.get": { request: Empty; response: WorkspaceView };
  "workflow.list": { request: Empty; response: WorkflowTile[] };
  "workflow.create": { request: { title: string }; response: DocumentView };
  "document.open": { request: { workflow: string }; response: DocumentView };
  "document.edit": { request: { workflow: string; version: string; label: string; merge?: string; edits: Edit[]; moves: Record<string, Point> }; response: DocumentView };
  "document.set_text": { request: { workflow: string; version: string; text: string }; response: DocumentView };
  "document.undo": { request: { workflow: string }; response: DocumentView };
  "document.redo": { request: { workflow: string }; response: DocumentView };
  "document.tidy": { request: { workflow: string; version: string; only: string[] }; response: DocumentView };
  "connector.list": { request: Empty; response: Manifest[] };
  "connector.discover": { request: { workflow: string; environment?: string; step: string; what: string }; response: Choice[] };
  "preview.make": { request: { workflow: string; environment?: string; inputs: JsonObject }; response: PreviewView };
  "run.start": { request: { hash: string; confirm?: string; approve: boolean }; response: { run: string } };
  "run.list": { request: { workflow?: string; limit?: number }; response: RunSummary[] };
  "run.get": { request: { run: string; at?: number }; response: RunView };
  "run.logs": { request: { run: string; step?: string; from: number; limit?: number }; response: LogPage };
  "run.cancel": { request: { run: string }; response: Empty };
  "run.approve": { request: { run: string }; response: Empty };
  "run.answer": { request: { run: string; step: string; answer: PersonsAnswer; comment?: string }; response: Empty };
  "run.preview_undo": { request: { run: string }; response: PreviewView };
  "vault.get": { request: Empty; response: VaultView };
  "vault.create": { request: { passphrase?: string }; response: VaultView };
  "vault.unlock": { request: { passphrase?: string }; response: VaultView };
  "vault.lock": { request: Empty; response: VaultView };
  "credential.list": { request: Empty; response: CredentialView[] };
  "credential.add": { request: { name: string; kind: string; fields: Record<string, string> }; response: CredentialView };
  "credential.test": { request: { name: string }; response: CredentialTest };
  "credential.remove": { request: { name: string }; response: Empty };
  "doctor.get": { request: Empty; response: { checks: Check[] } };
}
export type CommandName = keyof Commands;
export type Request<N extends CommandName> = Commands[N]["request"];
export type Response<N extends CommandName> = Commands[N]["response"];
