import type { Manifest, RunView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Callout } from "../../design/feedback";
import { Near } from "../../design/Near";
import { Said } from "../../design/Said";
import { lasting } from "../../text/format";
import { runWords } from "../../text/run";
import { go } from "../../window/route";
import { QuestionPanel } from "./QuestionPanel";
import { MadeList, Values } from "./StepPanel";

/** The run as a whole: what waits, what was made, how it ended. */
export function RunPanel({ view, manifests }: { view: RunView; manifests: Manifest[] | undefined }) {
  const made = view.steps.flatMap((step) => step.made);
  return (
    <div className="run-panel scroll" style={{ overflow: "auto", flex: 1 }}>
      {view.questions.map((question) => <QuestionPanel key={`${question.step} ${question.kind}`} view={view} question={question} step={view.steps.find((s) => s.id === question.step)} manifests={manifests} />)}
      {view.error ? <Callout tone="bad" title={<Said text={view.error.message} />}>{view.error.hint} <code className="quiet">{view.error.code}</code></Callout> : null}
      {view.still_running.length > 0 ? <Callout tone="wait" title={runWords.stillRunning}>{view.still_running.map((what) => <div key={what}>{what}</div>)}</Callout> : null}
      <section className="stack"><div className="section-title">{runWords.made}</div>{made.length > 0 ? <MadeList made={made} /> : <p className="quiet">{runWords.madeNothing}</p>}</section>
      <Values title={runWords.outputs} value={view.outputs} hidden={[]} testId="run-outputs" />
      {view.missing.map((error) => <Callout key={error.message} tone="wait" title={runWords.missing}>{error.message}</Callout>)}
      <dl className="facts">
        <dt>{runWords.where}</dt><dd>{view.environment}</dd>
        <dt>{runWords.by}</dt><dd>{view.by || "—"}</dd>
        <dt>{runWords.when}</dt><dd><Near at={view.started_at ?? view.created_at} /></dd>
        {view.ended_at !== null ? <><dt>{runWords.took}</dt><dd>{lasting(view.ended_at - (view.started_at ?? view.created_at))}</dd></> : null}
        <dt>{runWords.changes}</dt><dd>{view.changes_in_words || "—"}</dd>
      </dl>
      <Values title={runWords.inputs} value={view.inputs} hidden={[]} testId="run-inputs" />
      {view.undo.because && !view.undo.possible && view.ended_at !== null ? <p className="quiet">{view.undo.because}</p> : null}
      <div className="row"><Button look="quiet" className="flush" onPress={() => go({ screen: "studio", workflow: view.workflow })}>{runWords.openWorkflow}</Button></div>
    </div>
  );
}
