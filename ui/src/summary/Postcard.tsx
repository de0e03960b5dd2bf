import "./summary.css";
import type { ReactNode } from "react";
import type { Manifest, PreviewStep, PreviewView } from "../bridge/types";
import { previewWords } from "../text/preview";
import { words } from "../text/words";

/** The summary in plain words, the size of a postcard: what, where, how it is taken back. */
export function Postcard({ view, manifests, title, children }: { view: PreviewView; manifests: Manifest[] | undefined; title: string; children?: ReactNode }) {
  const { preview } = view;
  return (
    <article className="card postcard" data-testid="postcard">
      <h2>{title}</h2>
      <p className="postcard-words" data-testid="preview-words">{preview.summary.words || previewWords.nothing}</p>
      <p>{[systemsSentence(view, manifests), modeSentence(view)].filter(Boolean).join(" ")}</p>
      {preview.undoes || preview.steps.some((step) => step.problem) ? null : <p>{undoSentence(view)}</p>}
      {children}
    </article>
  );
}

/** Nobody knows yet what it changes; that is not the same as nothing. */
const isOpen = (step: PreviewStep) => step.confidence === "unknown" && step.changes.length === 0;

function systemsSentence(view: PreviewView, manifests: Manifest[] | undefined): string {
  const ids = [...new Set(view.preview.steps.filter((step) => !step.skipped && (step.changes.length > 0 || isOpen(step))).map((step) => step.uses.split("/")[0] ?? ""))];
  // What stands on this computer, and the web itself, are no systems that a person would name.
  const names = ids.flatMap((id) => { const manifest = manifests?.find((m) => m.id === id); return id === "http" || manifest?.local ? [] : [manifest?.label ?? id]; });
  return previewWords.systems(names);
}

function modeSentence(view: PreviewView): string {
  // A step of which it is not known yet says so itself; the others decide.
  const told = view.preview.steps.filter((step) => !step.skipped);
  const modes = new Set((told.some((step) => !step.mode_open) ? told.filter((step) => !step.mode_open) : told).map((step) => step.mode));
  if (modes.size === 0) return "";
  if (modes.size > 1) return previewWords.mixed;
  return modes.has("simulated") ? previewWords.simulatedAll : previewWords.realAll;
}

function undoSentence(view: PreviewView): string {
  const acting = view.preview.steps.filter((step) => !step.skipped && (isOpen(step) || step.changes.some((change) => change.action !== "read")));
  const stays = acting.filter((step) => step.undo.class === "manual" || step.undo.class === "impossible");
  if (acting.length === 0 || stays.length === 0) return previewWords.undoAll;
  return stays.length === acting.length ? previewWords.undoNone : previewWords.undoSome(stays.map((step) => `“${step.title}”`));
}

/** Simulated or Real, on every step of every screen. */
/** Says that a run is only a record here. */
export function RecordedTag() {
  return <span className="tag" title={words.recordedHelp} data-testid="recorded">{words.recorded}</span>;
}

export function ModeTag({ mode, open = false }: { mode: "real" | "simulated" | "mixed"; open?: boolean | undefined }) {
  if (open) return <span className="tag" data-tone="odd" title={words.modeOpenHelp}>{words.modeOpen}</span>;
  if (mode === "mixed") return <span className="tag" data-tone="odd" title={words.mixedHelp}>{words.mixed}</span>;
  return mode === "simulated" ? <span className="tag" data-tone="odd" title={words.simulatedHelp}>{words.simulated}</span> : <span className="tag" title={words.realHelp}>{words.real}</span>;
}
