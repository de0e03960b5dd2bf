import "./run.css";
import { ReactFlowProvider } from "@xyflow/react";
import { Undo2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import type { ApiError, RunView } from "../../bridge/types";
import { GraphCanvas } from "../../canvas/GraphCanvas";
import { modeBadge } from "../../canvas/badges";
import { manifestOf, operationTitle, placesOf } from "../../canvas/readOnly";
import { type CanvasStep, edgeId, nothing, type Selection } from "../../canvas/types";
import { useFirstFit } from "../../canvas/useFit";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout, Pill, Waiting } from "../../design/feedback";
import { blockedMeaning, MeaningIcon, meaningOfRun, meaningOfStep } from "../../design/meaning";
import { Said } from "../../design/Said";
import { titledByCalls } from "../../graph/calls";
import { edgesOfRun } from "../../graph/view";
import { ModeTag, RecordedTag } from "../../summary/Postcard";
import { compareWords } from "../../text/compare";
import { runWords } from "../../text/run";
import { words } from "../../text/words";
import { type Action, useRegisterActions } from "../../window/actions";
import { go } from "../../window/route";
import { sayError } from "../../window/toasts";
import { Compare } from "./Compare";
import { nodeLine } from "./nodeLine";
import { RunPanel } from "./RunPanel";
import { StepPanel } from "./StepPanel";
import { Timeline } from "./Timeline";

/** A run, live or as it was. */
export function RunScreen({ run }: { run: string }) {
  const query = useQuery("run.get", { run });
  if (query.error && !query.data) return <div className="page-inner"><ErrorCallout title={runWords.cannotOpen} error={query.error} retry={query.retry} retryLabel={words.tryAgain} /></div>;
  if (!query.data) return <Waiting words={runWords.opening} />;
  return <ReactFlowProvider><OpenRun now={query.data} /></ReactFlowProvider>;
}

function OpenRun({ now }: { now: RunView }) {
  const [at, setAt] = useState<number | null>(null);
  const past = useQuery("run.get", at === null ? null : { run: now.id, at });
  const view = at === null ? now : (past.data ?? now);
  const manifests = useQuery("connector.list", {}).data;
  const [selection, setSelection] = useState<Selection>(nothing);
  const [cancelling, setCancelling] = useState(false);
  const [comparing, setComparing] = useState(false);
  const edges = useMemo(() => edgesOfRun(view.edges), [view.edges]);
  const steps = useRunSteps(view, manifests, now.layout);
  useFirstFit(steps, 0.42);

  // What asks for a person comes into sight by itself, once.
  const asking = now.questions.find((question) => question.step !== null)?.step ?? null;
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (asking !== null && asking !== shown.current) setSelection({ steps: [asking.replace(/\[\d+\]$/, "")], edge: null });
    shown.current = asking;
  }, [asking]);

  const flowing = useMemo(() => {
    const active = new Set(view.steps.filter((step) => ["intent", "dispatched", "accepted", "running", "retrying"].includes(step.state)).map((step) => step.id));
    return new Set(edges.filter((edge) => active.has(edge.to)).map(edgeId));
  }, [view.steps, edges]);
  const meaning = meaningOfRun(view);
  const ended = now.ended_at !== null;
  // With nothing chosen, the panel follows what moves; once it has ended, it shows the whole.
  const moving = ended || at !== null ? undefined : view.steps.findLast((s) => ["intent", "dispatched", "accepted", "running", "retrying"].includes(s.state));
  const step = view.steps.find((s) => s.id === selection.steps[0]) ?? moving;
  const undo = () => go({ screen: "undo", run: now.id });
  useRegisterActions("run", useMemo((): Action[] => [
    { id: "run.cancel", label: runWords.cancelAsk, enabled: !ended, run: () => setCancelling(true) },
    { id: "run.compare", label: compareWords.open, enabled: now.undoes === null, run: () => setComparing(true) },
    { id: "run.undo", label: runWords.undo, enabled: now.undo.possible, run: () => go({ screen: "undo", run: now.id }) },
  ], [ended, now.undo.possible, now.id, now.undoes]));

  return (
    <div className="run" data-testid="run">
      <header className="run-head">
        <span data-testid="run-status" data-state={now.state} style={{ display: "inline-flex", flex: "none" }}><Pill tone={meaning.tone} icon={<MeaningIcon meaning={meaning} size={14} />}>{meaning.word}</Pill></span>
        <div className="grow row" style={{ gap: 10 }}>
          <span className="run-sentence ellipsis" role="status" title={view.sentence.replaceAll("`", "")}><Said text={view.sentence} /></span>
          <ModeTag mode={view.mode} />
          {now.recorded ? <RecordedTag /> : null}
        </div>
        {now.undoes ? <Button look="quiet" onPress={() => go({ screen: "run", run: now.undoes ?? "" })}>{runWords.seeOriginal}</Button> : null}
        {now.undone_by ? <Button look="quiet" onPress={() => go({ screen: "run", run: now.undone_by ?? "" })} data-testid="undone-by">{runWords.undoneBy}: {runWords.seeRun}</Button> : null}
        {ended ? null : <Button size="roomy" onPress={() => setCancelling(true)} isDisabled={now.state === "cancelling"} data-testid="cancel">{runWords.cancel}</Button>}
        {ended && now.undoes === null ? <Button size="roomy" onPress={() => go({ screen: "preview", workflow: now.workflow })}>{runWords.again}</Button> : null}
        {now.undo.possible ? <Button look="primary" size="roomy" onPress={undo} data-testid="undo"><Undo2 size={16} aria-hidden />{runWords.undo}</Button> : null}
      </header>
      <div className="run-graph">
        <GraphCanvas steps={steps} edges={edges} selection={selection} onSelect={setSelection} flowing={flowing}>
          {at !== null ? <div className="run-past"><Pill tone="accent">{runWords.past}</Pill></div> : null}
        </GraphCanvas>
      </div>
      <aside className="run-side" aria-label={step ? runWords.step : runWords.overview}>
        {step ? <StepPanel key={step.id} view={view} step={step} manifests={manifests} onShow={(id) => setSelection({ steps: [id], edge: null })} /> : <RunPanel view={view} manifests={manifests} onCompare={() => setComparing(true)} />}
      </aside>
      <Timeline view={view} newest={now.seq} at={at} onAt={setAt} selected={step?.id} onSelect={(id) => setSelection({ steps: [id], edge: null })} />
      {comparing ? <Compare view={now} onClose={() => setComparing(false)} /> : null}
      <Dialog title={runWords.cancelAsk} open={cancelling && !ended} onClose={() => setCancelling(false)} closeLabel={words.close}
        foot={<><Button size="roomy" look="quiet" onPress={() => setCancelling(false)}>{runWords.keep}</Button>
          <Button size="roomy" look="danger" data-testid="cancel-confirm" onPress={() => { setCancelling(false); call("run.cancel", { run: now.id }).catch((error: ApiError) => sayError(error)); }}>{runWords.cancelDo}</Button></>}>
        <p>{runWords.cancelHelp}</p>
      </Dialog>
    </div>
  );
}

/** The run's steps as the canvas draws them; unchanged ones stay the same objects. */
function useRunSteps(view: RunView, manifests: Parameters<typeof manifestOf>[0], layout: Parameters<typeof placesOf>[2]): CanvasStep[] {
  const before = useRef(new Map<string, { key: string; step: CanvasStep }>());
  const ids = view.steps.map((step) => step.id).join(" ");
  const places = useMemo(() => placesOf(ids === "" ? [] : ids.split(" "), edgesOfRun(view.edges), layout), [ids, view.edges, layout]);
  return useMemo(() => {
    const next: typeof before.current = new Map();
    const titles = new Map(titledByCalls(view.steps).map((step) => [step.id, step.title]));
    const titleOf = (id: string) => titles.get(id) ?? id;
    const list = view.steps.map((step): CanvasStep => {
      const made: CanvasStep = {
        id: step.id, at: places[step.id] ?? { x: 0, y: 0 }, title: step.title, operation: step.within === undefined ? operationTitle(manifests, step.uses) : titleOf(step.within), manifest: manifestOf(manifests, step.uses),
        badges: [
          modeBadge(step.mode, step.mode_open),
          ...(step.items.length > 0 ? [{ id: "each" as const, word: runWords.items(step.items.length), text: `${step.item_counts.succeeded}/${step.item_counts.total}` }] : []),
          ...(step.attempt > 1 ? [{ id: "retry" as const, word: runWords.attempt(step.attempt), text: `×${step.attempt}` }] : []),
        ],
        problems: 0, off: false, state: step.state, blocked: meaningOfStep(step) === blockedMeaning || undefined,
        line: nodeLine(step, titleOf) ?? undefined, sentence: `${meaningOfStep(step).word}. ${nodeLine(step, titleOf) ?? step.sentence}`, editable: false,
      };
      const key = JSON.stringify([made.at, made.title, made.operation, made.badges, made.state, made.blocked, made.line, made.sentence]);
      const known = before.current.get(step.id);
      const kept = known?.key === key && known.step.manifest === made.manifest ? known.step : made;
      next.set(step.id, { key, step: kept });
      return kept;
    });
    before.current = next;
    return list;
  }, [view.steps, places, manifests]);
}
