import "./preview.css";
import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { PreviewView } from "../../bridge/types";
import { GraphCanvas } from "../../canvas/GraphCanvas";
import { modeBadge } from "../../canvas/badges";
import { manifestOf, operationTitle, placesOf } from "../../canvas/readOnly";
import { type CanvasStep, nothing, type Selection } from "../../canvas/types";
import { useFirstFit } from "../../canvas/useFit";
import { Button } from "../../design/Button";
import { Callout, type Tone } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { actionMeaning, ConfidenceMark } from "../../design/meaning";
import { isPartOf, titledByCalls } from "../../graph/calls";
import { asText, linesOf, worstOf } from "../../graph/preview";
import { Said } from "../../design/Said";
import { edgesOfPlan } from "../../graph/view";
import { ChangeLine } from "../../summary/ChangeLine";
import { Confirm } from "../../summary/Confirm";
import { Drift } from "../../summary/Drift";
import { Identities, Strangers } from "../../summary/Identities";
import { ModeTag, Postcard } from "../../summary/Postcard";
import { StepProblem } from "../../summary/StepProblem";
import { previewWords } from "../../text/preview";
import { words } from "../../text/words";
import { say } from "../../window/toasts";

/** Words first, worst first; the graph beside them, tinted. */
export function PreviewPage({ view, again, inputs, title, lead, busy }: { view: PreviewView; again: () => void; inputs?: ReactNode; title: string; lead?: string; busy?: boolean }) {
  const preview = useMemo(() => ({ ...view.preview, steps: titledByCalls(view.preview.steps) }), [view.preview]);
  const undoing = preview.undoes !== undefined;
  const manifests = useQuery("connector.list", {}).data;
  const lines = useMemo(() => linesOf(preview), [preview]);
  const [selection, setSelection] = useState<Selection>(nothing);
  const only = selection.steps[0];
  const shown = only ? lines.filter((line) => isPartOf(line.step.id, only)) : lines;
  const quiet = preview.steps.filter((step) => !step.problem && step.changes.length === 0 && (step.skipped || step.calls === undefined));
  const unknown = preview.steps.filter((step) => !step.skipped && step.confidence === "unknown").length;
  // What is taken back does not stay, even where that itself cannot be taken back again.
  const stays = undoing ? preview.steps.filter((step) => (step.undo.class === "manual" || step.undo.class === "impossible") && !step.changes.some((change) => change.action !== "read")) : [];
  const notes = preview.steps.flatMap((step) => (step.notes ?? []).map((note) => ({ step: step.title, note })));
  const copy = () => void navigator.clipboard.writeText(asText(view.title, preview, words.actions)).then(() => say({ tone: "ok", title: previewWords.copied }), () => {});

  return (
    <div className="preview" data-testid="preview-page" data-hash={preview.hash}>
      <section className="preview-words" aria-busy={busy}>
        <div className="preview-scroll scroll">
          {lead ? <p className="muted">{lead}</p> : null}
          <Postcard view={view} manifests={manifests} title={title} />
          <Strangers preview={preview} />
          {preview.steps.map((step) => <StepProblem key={step.id} step={step} />)}
          {stays.length > 0 ? <Callout tone="wait" title={previewWords.undoCannot}>{stays.map((step) => <div key={step.id}>{step.title}: {step.undo.because ?? words.undoHelp[step.undo.class]}</div>)}</Callout> : null}
          {inputs}
          <div className="preview-facts small">
            <Identities preview={preview} />
            <div className="muted row" style={{ gap: 6 }}><ConfidenceMark confidence={unknown > 0 ? "unknown" : lines.some((l) => l.confidence === "predicted") ? "predicted" : "exact"} />{unknown > 0 ? previewWords.unknown(unknown, preview.steps.filter((s) => !s.skipped).length) : lines.every((l) => l.confidence === "exact") ? previewWords.certain : words.confidenceHelp.predicted}</div>
          </div>
          {lines.length > 0 ? (
            <section className="stack">
              <div className="section-title"><span className="grow">{previewWords.lines}{only ? `: ${preview.steps.find((s) => s.id === only)?.title ?? only}` : ""}</span>{only ? <Button look="quiet" onPress={() => setSelection(nothing)}>{previewWords.seeAll}</Button> : null}</div>
              <ul className="card" style={{ overflow: "hidden" }} data-testid="changes" data-undoing={undoing || undefined}>
                {shown.map((line) => <ChangeLine key={`${line.step.id} ${line.at}`} line={line} undoing={undoing} manifest={manifestOf(manifests, line.step.uses)} />)}
              </ul>
            </section>
          ) : null}
          {view.stands ? <Drift run={view.stands.run} stands={view.stands.at} manifests={manifests} /> : null}
          {notes.length > 0 ? <section className="stack"><div className="section-title">{previewWords.notesTitle}</div>{notes.map(({ step, note }) => <p key={step + note} className="muted">{step}: <Said text={note} /></p>)}</section> : null}
          {[
            { title: previewWords.cannotKnow, steps: quiet.filter((step) => !step.skipped && step.confidence === "unknown") },
            { title: previewWords.changesNothing, steps: quiet.filter((step) => step.skipped || step.confidence !== "unknown") },
          ].filter((group) => group.steps.length > 0).map((group) => (
            <section className="stack" key={group.title}>
              <div className="section-title">{group.title}</div>
              <ul className="stack" style={{ gap: 6 }}>
                {group.steps.map((step) => (
                  <li key={step.id} className="row"><Mark manifest={manifestOf(manifests, step.uses)} size={20} /><span className="ellipsis">{step.title}</span><ModeTag mode={step.mode} open={step.mode_open} />
                    <span className="quiet grow"><Said text={step.skipped ? (step.because ?? previewWords.skipped) : step.because ?? (step.waits_for.length > 0 ? previewWords.waits(step.waits_for.map((id) => preview.steps.find((s) => s.id === id)?.title ?? id)) : operationTitle(manifests, step.uses))} /></span></li>
                ))}
              </ul>
            </section>
          ))}
        </div>
        <footer className="preview-foot">
          <Confirm key={preview.hash} view={view} label={undoing ? previewWords.undo : previewWords.deploy} again={again}
            aside={<><Button look="quiet" onPress={again} isDisabled={busy ?? false}>{previewWords.again}</Button><Button look="quiet" onPress={copy}>{previewWords.copy}</Button></>} />
        </footer>
      </section>
      <div className="preview-graph"><ReactFlowProvider><TintedGraph view={view} selection={selection} onSelect={setSelection} /></ReactFlowProvider></div>
    </div>
  );
}

function TintedGraph({ view, selection, onSelect }: { view: PreviewView; selection: Selection; onSelect: (selection: Selection) => void }) {
  const manifests = useQuery("connector.list", {}).data;
  const edges = useMemo(() => edgesOfPlan(view.graph.edges, null), [view.graph]);
  const steps = useMemo(() => {
    const places = placesOf(view.graph.nodes.map((node) => node.id), edges, view.layout);
    return view.graph.nodes.map((node): CanvasStep => {
      const step = view.preview.steps.find((s) => s.id === node.id);
      // A call does what its steps do.
      const inside = view.preview.steps.filter((s) => !s.skipped && isPartOf(s.id, node.id)).flatMap((s) => s.changes);
      const worst = step ? worstOf({ ...step, changes: step.skipped ? step.changes : inside }) : null;
      const tint = step?.problem ? { tone: "bad" as Tone, word: words.severity.error } : step?.skipped ? { tone: "idle" as Tone, word: previewWords.skipped }
        : step?.confidence === "unknown" ? { tone: "odd" as Tone, word: words.confidence.unknown } : worst ? { tone: actionMeaning[worst].tone, word: actionMeaning[worst].word } : undefined;
      return { id: node.id, at: places[node.id] ?? { x: 0, y: 0 }, title: node.title, operation: operationTitle(manifests, node.uses), manifest: manifestOf(manifests, node.uses), badges: step && !step.skipped ? [modeBadge(step.mode, step.mode_open)] : [], problems: 0, off: step?.skipped ?? false, tint, editable: false };
    });
  }, [view, edges, manifests]);
  useFirstFit(steps, 0.36);
  return <GraphCanvas steps={steps} edges={edges} selection={selection} onSelect={onSelect} />;
}
