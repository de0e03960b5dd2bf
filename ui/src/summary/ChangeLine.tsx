import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { Json, Manifest } from "../bridge/types";
import { Mark } from "../design/Mark";
import { actionMeaning, ConfidenceMark, MeaningIcon, undoMeaning } from "../design/meaning";
import { Said } from "../design/Said";
import { diffLines } from "../graph/diff";
import { plainName, type PreviewLine } from "../graph/preview";
import { previewWords } from "../text/preview";
import { words } from "../text/words";
import { ModeTag } from "./Postcard";

/** verb · name · system · what · how sure · how it is undone; details fold open. */
export function ChangeLine({ line, manifest, undoing, onStep }: { line: PreviewLine; manifest: Manifest | undefined; undoing: boolean; onStep?: (step: string) => void }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { step, change, confidence } = line;
  const meaning = actionMeaning[change.action];
  const undo = undoMeaning[step.undo.class];
  return (
    <li className="change" data-testid={`change-${step.id}-${line.at}`} data-action={change.action}>
      <button type="button" className="change-row" aria-expanded={open} aria-controls={id} onClick={() => { setOpen(!open); onStep?.(step.id); }}>
        <span className="change-verb" data-tone={meaning.tone}><MeaningIcon meaning={meaning} size={15} />{meaning.word}</span>
        <Mark manifest={manifest} size={20} />
        <span className="change-name ellipsis" title={`${change.kind} ${plainName(change)}`}><span className="change-thing">{plainName(change)}</span> <span className="quiet">{change.kind}</span></span>
        {change.stateful && (change.action === "delete" || change.action === "replace") ? <span className="tag" data-tone="bad">{previewWords.statefulBadge}</span> : null}
        <span className="change-sure" title={words.confidenceHelp[confidence]}><ConfidenceMark confidence={confidence} /><span>{words.confidence[confidence]}</span></span>
        {undoing ? null : <span className="change-undo" data-tone={undo.tone} title={step.undo.because ?? words.undoHelp[step.undo.class]}><MeaningIcon meaning={undo} size={13} /><span>{undo.word}</span></span>}
        <ChevronRight size={14} className="change-fold" aria-hidden />
      </button>
      {open ? (
        <div className="change-more" id={id}>
          <div className="row" style={{ flexWrap: "wrap" }}><strong style={{ fontWeight: 500 }}>{step.title}</strong><span className="quiet">{step.uses}</span><ModeTag mode={step.mode} open={step.mode_open} /></div>
          {line.because ? <p className="muted"><Said text={line.because} /></p> : null}
          {step.undo.because && !undoing ? <p className="muted"><Said text={step.undo.because} /></p> : null}
          <Diff before={change.before} after={change.after} />
        </div>
      ) : null}
    </li>
  );
}

function Diff({ before, after }: { before: Json; after: Json }) {
  const lines = diffLines(asLines(before), asLines(after));
  if (lines.length === 0) return <p className="quiet">{previewWords.noDetails}</p>;
  return <div className="diff selectable scroll">{lines.map((line, at) => <div key={`${at} ${line.text}`} data-kind={line.kind}>{line.text || " "}</div>)}</div>;
}

function asLines(value: Json): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.replace(/\n$/, "");
  if (Array.isArray(value) || typeof value !== "object") return JSON.stringify(value, null, 2);
  return Object.entries(value).map(([key, item]) => `${key}: ${typeof item === "string" ? item : JSON.stringify(item, null, 2)}`).join("\n");
}
