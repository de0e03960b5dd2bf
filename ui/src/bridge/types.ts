/**
 * The shapes that cross the boundary to the host: the generated ones, by their own names. Where Rust
 * can only say "any JSON", the screens say what it is.
 */
import type * as api from "./generated/api";

export type {
  Action, Address, ApiError, Bar, BarKind, Batch, Check, CheckedInputs, Choice, Comparison, Confidence, Converter, Counts, CredentialField, CredentialKind, CredentialPort, CredentialTest, CredentialView, LoginStarted, Diagnostic, Difference, DocumentView, DriftRow, DriftState, DriftThing, DriftView, Edit, EnvironmentView, FindInLog, Fit, FoundInLog, Frame, Graph, GraphEdge, GraphNode, Identity, InsideView, Join, Layout, LogEntry, LogGroup, LogLevel, LogPage, Made, Mode, Need, Note, OnError, Pasted, PersonsAnswer, Place, Position, Preview, PreviewIdentity, PreviewStep, PreviewView, Proof, Question, QuestionKind, Retry, RunEdge, RunMode, RunState, RunSummary, RunView, ScheduleView, Severity, Slot, Span, Step, StepState, StepView, Summary, Support, Thing, Tried, SearchedCredential,
  Undo, UndoClass, UndoView, VaultView, Verb, When, WindowView, WorkflowTile, WorkspaceView, Change, RetryRule, Right, SettingsView, StepDifference, DemoRemoved, DemoStays, DemoView,
} from "./generated/api";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export interface Point { x: number; y: number }

/** What went wrong with an operation on the world (`Error` is taken in this language). */
export type Failure = api.Error;
/** A workflow as written (`Document` is taken in a browser). */
export type WorkflowDocument = api.Document;
/** An operation, its forms readable. */
export type Operation = Omit<api.Operation, "input" | "output"> & { input: Schema; output: Schema };
export type Manifest = Omit<api.Manifest, "operations"> & { operations: Operation[] };

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
  /** When an input of a workflow is asked for: an expression, read by the backend. */
  when?: string | boolean;
  "x-podium-order"?: number;
  "x-podium-more"?: boolean;
  "x-podium-discover"?: string;
  "x-podium-kind"?: string;
}

/* ---- Commands --------------------------------------------------------------------------------- */

export type CommandName = keyof api.Commands;
export type Request<N extends CommandName> = api.Commands[N]["request"];
export type Response<N extends CommandName> = api.Commands[N]["response"];
