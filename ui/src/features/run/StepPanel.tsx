import { Boxes, ExternalLink } from "lucide-react";
import { useState } from "react";
import { openLink } from "../../bridge/client";
import type { Json, Made, Manifest, RunView, StepView } from "../../bridge/types";
import { canDraw, manifestOf, operationTitle } from "../../canvas/readOnly";
import { Button, LinkButton } from "../../design/Button";
import { Pill } from "../../design/feedback";
import { Fold } from "../../design/fields";
import { Mark } from "../../design/Mark";
import { MeaningIcon, meaningOfStep, stepMeaning, undoMeaning } from "../../design/meaning";
import { ModeTag } from "../../summary/Postcard";
import { Said } from "../../design/Said";
import { lasting, plain } from "../../text/format";
import { runWords } from "../../text/run";
import { conditionWords } from "../../text/condition";
import { InsideDialog } from "../../summary/Inside";
import { insideWords } from "../../text/drift";
import { words } from "../../text/words";
import { Log } from "./Log";
import { QuestionPanel } from "./QuestionPanel";

/** One step of a run: what it does now, what it gave, its log. */
export function StepPanel({ view, step, manifests, onShow }: { view: RunView; step: StepView; manifests: Manifest[] | undefined; onShow: (step: string) => void }) {
  const [inside, setInside] = useState(false);
  const meaning = meaningOfStep(step);
  const titleOf = (id: string) => view.steps.find((other) => other.id === id)?.title ?? id;
  const lines = step.log_lines + step.items.reduce((sum, item) => sum + item.log_lines, 0);
  const questions = view.questions.filter((q) => q.step === step.id || q.step?.startsWith(`${step.id}[`));
  const undo = undoMeaning[step.undo.class];
  const live = step.ended_at === null && view.ended_at === null;
  return (
    <>
      <div className="run-panel scroll" style={{ flex: "0 1 auto", overflow: "auto", minHeight: 120 }}>
        <header className="row" style={{ gap: 12 }}>
          <Mark manifest={manifestOf(manifests, step.uses)} size={36} />
          <div className="grow">
            <div style={{ fontSize: "var(--t15)", fontWeight: 600, overflowWrap: "anywhere" }}>{step.title}</div>
            <div className="row small" style={{ gap: 6 }}><span className="quiet ellipsis">{operationTitle(manifests, step.uses)}</span><ModeTag mode={step.mode} open={step.mode_open} /></div>
          </div>
          <Pill tone={meaning.tone} icon={<MeaningIcon meaning={meaning} size={14} />} testId="selected-state">{meaning.word}</Pill>
        </header>
        {questions.length > 0 ? questions.map((question) => <QuestionPanel key={`${question.step} ${question.kind}`} view={view} question={question} step={step.items.find((item) => item.id === question.step) ?? step} manifests={manifests} />) : (
          <div className="stack" style={{ gap: 6 }}>
            <p data-testid="step-sentence"><Said text={step.state === "waiting" && step.waits_for.length > 0 ? `${(step.held_by.length > 0 ? runWords.heldBy(step.held_by.map(titleOf)) : runWords.waitsFor(step.waits_for.map(titleOf)))}.` : `${step.sentence}${step.because && !step.sentence.includes(step.because) ? ` ${step.because}` : ""}`} /></p>
            {step.state === "waiting" ? <div className="row" style={{ flexWrap: "wrap" }}>{(step.held_by.length > 0 ? step.held_by : step.waits_for).slice(0, 4).map((id) => <LinkButton key={id} onPress={() => onShow(id)} data-testid={`show-${id}`}>{runWords.goThere(titleOf(id))}</LinkButton>)}</div> : null}
            {step.done && live ? <div className="progress" role="progressbar" aria-valuenow={step.done[0]} aria-valuemax={step.done[1]} aria-label={step.sentence}><div style={{ width: `${(step.done[0] / Math.max(1, step.done[1])) * 100}%` }} /></div> : null}
            {step.error ? <div className="field-error selectable" style={{ display: "block" }}>{step.sentence.includes(step.error.message) ? null : <><Said text={step.error.message} /> </>}<span className="muted"><Said text={step.error.hint} /></span> <code className="quiet">{step.error.code}</code></div> : null}
          </div>
        )}
        {step.still_running.length > 0 ? <ul className="muted">{step.still_running.map((what) => <li key={what}>{what}</li>)}</ul> : null}
        {!view.recorded && canDraw(manifests, step.uses) ? <div><Button look="quiet" className="flush" onPress={() => setInside(true)} data-testid="inside-open"><Boxes size={14} aria-hidden />{insideWords.open}</Button></div> : null}
        {step.made.length > 0 ? <section className="stack"><div className="section-title">{runWords.made}</div><MadeList made={step.made} elsewhere={view.recorded} /></section> : null}
        <Values title={runWords.outputs} value={step.outputs} hidden={step.hidden} testId="outputs" />
        {step.things.length > 0 ? (
          <Fold title={runWords.things} open={live} aside={<span className="count">{step.things.length}</span>}>
            <ul className="things-list scroll selectable">{step.things.map((thing) => <li key={thing.about}><code className="ellipsis">{thing.about}</code><span className="quiet">{thing.status}</span></li>)}</ul>
          </Fold>
        ) : null}
        {inside ? <InsideDialog of={{ run: view.id, step: step.id }} uses={step.uses} title={step.title} manifests={manifests} onClose={() => setInside(false)} /> : null}
        {step.items.length > 0 ? (
          <Fold title={runWords.items(step.items.length)}>
            <ul className="things-list scroll">{step.items.toSorted((a, b) => Number(b.state === "failed") - Number(a.state === "failed")).slice(0, 500).map((item) => { const m = stepMeaning[item.state]; return <li key={item.id}><span className="ellipsis">{item.title} <code className="quiet">{item.id}</code></span><Pill bare tone={m.tone} icon={<MeaningIcon meaning={m} size={13} />}>{m.word}</Pill></li>; })}</ul>
          </Fold>
        ) : null}
        <Fold title={runWords.step}>
          <dl className="facts" style={{ paddingTop: 4 }}>
            {step.condition ? <><dt>{conditionWords.title}</dt><dd data-testid="step-condition"><code>{step.condition}</code> <span className="quiet">{step.condition_held === null ? conditionWords.notYet : step.condition_held ? conditionWords.held : conditionWords.heldNot}</span></dd></> : null}
            <dt>{words.screens.undo}</dt><dd>{undo.word}{step.undo.because ? <>: <Said text={step.undo.because} /></> : null}</dd>
            {step.attempt > 1 ? <><dt>{runWords.attempt(step.attempt)}</dt><dd><Said text={step.error?.message} /></dd></> : null}
            {step.duration_ms !== null ? <><dt>{runWords.took}</dt><dd>{lasting(step.duration_ms)}</dd></> : null}
            {step.remote ? <><dt>{runWords.remote}</dt><dd><code className="selectable">{step.remote}</code></dd></> : null}
            {step.by ? <><dt>{runWords.by}</dt><dd>{step.by}</dd></> : null}
          </dl>
          <Values title={runWords.inputs} value={step.inputs} hidden={[]} testId="inputs" />
        </Fold>
      </div>
      <Log key={step.id} run={view.id} step={step.id} total={lines} live={live} />
    </>
  );
}

/** `elsewhere`: it is a record, and an address in it leads to nothing of that run. */
export function MadeList({ made, elsewhere = false }: { made: Made[]; elsewhere?: boolean }) {
  return (
    <ul className="made" data-testid="made">
      {made.map((thing) => (
        <li key={`${thing.kind} ${thing.name}`}>
          <span className="grow ellipsis" title={thing.name}><span style={{ fontWeight: 500 }}>{thing.name}</span> <span className="quiet">{thing.kind}</span></span>
          {thing.link && !elsewhere ? <LinkButton onPress={() => openLink(thing.link ?? "")} aria-label={`${runWords.openLink} ${thing.name}`}><ExternalLink size={13} aria-hidden />{runWords.openLink}</LinkButton> : null}
        </li>
      ))}
    </ul>
  );
}

/** Outputs or inputs as a table. */
export function Values({ title, value, hidden, testId }: { title: string; value: Json; hidden: string[]; testId: string }) {
  const rows = value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : value === null || value === undefined ? [] : [["", value] as [string, Json]];
  if (rows.length + hidden.length === 0) return null;
  return (
    <section className="stack">
      <div className="section-title">{title}</div>
      <dl className="values selectable" data-testid={testId}>
        {rows.map(([name, item]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={`${name}-value`}>{plain(item, true)}</dd>])}
        {hidden.map((name) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={`${name}-value`} className="quiet" title={runWords.hiddenHelp}>{runWords.hidden}</dd>])}
      </dl>
    </section>
  );
}
