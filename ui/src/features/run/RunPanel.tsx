import type { Manifest, RunView } from "../../bridge/types";
import { ExternalLink, GitCompareArrows } from "lucide-react";
import { openLink } from "../../bridge/client";
import { Button } from "../../design/Button";
import { Callout } from "../../design/feedback";
import { Near } from "../../design/Near";
import { Said } from "../../design/Said";
import { lasting } from "../../text/format";
import { compareWords } from "../../text/compare";
import { guardWords } from "../../text/guard";
import { runWords } from "../../text/run";
import { scheduleWords } from "../../text/schedules";
import { Drift } from "../../summary/Drift";
import { go, writeRoute } from "../../window/route";
import { QuestionPanel } from "./QuestionPanel";
import { MadeList, Values } from "./StepPanel";

/** The run as a whole: what waits, what was made, how it ended. */
export function RunPanel({ view, manifests, onCompare }: { view: RunView; manifests: Manifest[] | undefined; onCompare: () => void }) {
  const made = view.steps.flatMap((step) => step.made);
  return (
    <div className="run-panel scroll" style={{ overflow: "auto", flex: 1 }}>
      {view.questions.map((question) => <QuestionPanel key={`${question.step} ${question.kind}`} view={view} question={question} step={view.steps.find((s) => s.id === question.step)} manifests={manifests} />)}
      {view.state === "succeeded" ? <Result view={view} /> : null}
      {view.state === "succeeded" && view.undoes === null && view.undone_by === null && !view.recorded ? <Drift run={view.id} manifests={manifests} again={() => go({ screen: "preview", workflow: view.workflow })} /> : null}
      {view.error ? <Callout tone="bad" title={<Said text={view.error.message} />}><Said text={view.error.hint} /> <code className="quiet">{view.error.code}</code></Callout> : null}
      {view.still_running.length > 0 ? <Callout tone="wait" title={runWords.stillRunning}>{view.still_running.map((what) => <div key={what}>{what}</div>)}</Callout> : null}
      <section className="stack"><div className="section-title">{runWords.made}</div>{made.length > 0 ? <MadeList made={made} elsewhere={view.recorded} /> : <p className="quiet">{runWords.madeNothing}</p>}</section>
      <Values title={runWords.outputs} value={view.outputs} hidden={[]} testId="run-outputs" />
      {view.missing.map((error) => <Callout key={error.message} tone="wait" title={runWords.missing}>{error.message}</Callout>)}
      <dl className="facts">
        <dt>{runWords.where}</dt><dd>{view.environment}</dd>
        <dt>{runWords.by}</dt><dd>{view.schedule ? <a href={writeRoute({ screen: "schedules" })}>{scheduleWords.by(view.schedule.title)}</a> : view.by || "—"}</dd>
        <dt>{runWords.when}</dt><dd><Near at={view.started_at ?? view.created_at} /></dd>
        {view.outside ? <><dt>{guardWords.outside}</dt><dd data-testid="outside">{view.outside.reason} <span className="quiet">{view.approved_by ? `${view.approved_by}. ` : ""}{view.outside.closed}</span></dd></> : null}
        {view.ended_at !== null ? <><dt>{runWords.took}</dt><dd>{lasting(view.ended_at - (view.started_at ?? view.created_at))}</dd></> : null}
        <dt>{runWords.changes}</dt><dd>{view.changes_in_words || "—"}</dd>
      </dl>
      <Values title={runWords.inputs} value={view.inputs} hidden={[]} testId="run-inputs" />
      {view.undo.because && !view.undo.possible && view.ended_at !== null ? <p className="quiet"><Said text={view.undo.because} /></p> : null}
      <div className="row" style={{ flexWrap: "wrap" }}><Button look="quiet" className="flush" onPress={() => go({ screen: "studio", workflow: view.workflow })}>{runWords.openWorkflow}</Button>{view.undoes ? null : <Button look="quiet" onPress={onCompare} data-testid="compare-open"><GitCompareArrows size={14} aria-hidden />{compareWords.open}</Button>}</div>
    </div>
  );
}

/** What a person came for: the pages that stand now, and the way back. */
function Result({ view }: { view: RunView }) {
  const links = new Map<string, string>();
  for (const thing of view.steps.flatMap((step) => step.made)) if (thing.link) links.set(thing.link, thing.name);
  for (const [name, value] of Object.entries(view.outputs)) if (typeof value === "string" && /^https?:\/\/\S+$/.test(value) && !links.has(value)) links.set(value, name);
  return (
    <section className="result" data-tone={view.undone_by ? "idle" : "ok"} data-testid="result">
      <h3>{view.undoes ? runWords.resultUndone : view.undone_by ? runWords.resultTakenBack : runWords.resultDone}</h3>
      {view.undone_by || view.undoes || view.recorded ? null : (
        <>
          {links.size > 0 ? <div className="row" style={{ flexWrap: "wrap" }}>{[...links].slice(0, 6).map(([link, name], at) => <Button key={link} size="roomy" look={at === 0 ? "primary" : "plain"} onPress={() => openLink(link)} data-testid={`open-${at}`}><ExternalLink size={14} aria-hidden /><span className="ellipsis" style={{ maxWidth: "16rem" }}>{runWords.openNamed(name)}</span></Button>)}</div> : null}
          <p className="muted">{view.undo.possible ? runWords.resultUndo : view.undo.because}</p>
        </>
      )}
    </section>
  );
}
