import { CircleHelp, CircleX, Hand, Lock } from "lucide-react";
import { useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, JsonObject, Manifest, PersonsAnswer, Question, RunView, StepView } from "../../bridge/types";
import { manifestOf } from "../../canvas/readOnly";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Callout, ErrorCallout } from "../../design/feedback";
import { SchemaForm } from "../../forms/SchemaForm";
import { withValue } from "../../graph/pointer";
import { ChangeLine } from "../../summary/ChangeLine";
import { Reason } from "../../summary/Confirm";
import { Said } from "../../design/Said";
import { guardWords } from "../../text/guard";
import { runWords } from "../../text/run";
import { words } from "../../text/words";
import { useOpening } from "../../window/openings";
import { go } from "../../window/route";

type Choice = [key: string, answer: PersonsAnswer | "edit", words: readonly string[]];

/** Something that waits for a person: what happened, and what each answer would do. */
export function QuestionPanel({ view, question, step, manifests }: { view: RunView; question: Question; step: StepView | undefined; manifests: Manifest[] | undefined }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [comment, setComment] = useState("");
  const [editing, setEditing] = useState(false);
  const [reason, setReason] = useState("");
  const opening = useOpening(view.environment);
  const closed = question.kind === "preview" && opening !== undefined && !opening.open;
  const excusable = view.undoes !== null || opening?.may_override === true;
  const timely = !closed || (excusable && reason.trim() !== "");
  const send = async (answer: PersonsAnswer) => {
    setBusy(true);
    setError(null);
    try {
      if (question.step === null) await (answer.say === "approve" ? call("run.approve", { run: view.id, ...(closed ? { override_window: reason.trim() } : {}) }) : call("run.cancel", { run: view.id }));
      else await call("run.answer", { run: view.id, step: question.step, answer, ...(comment ? { comment } : {}) });
    } catch (failed) {
      setError(failed as ApiError);
    }
    setBusy(false);
  };
  const { answers } = runWords;
  const operation = step ? manifestOf(manifests, step.uses)?.operations.find((op) => op.name === step.uses) : undefined;
  const choices: Choice[] = question.kind === "failure" ? [
    ["retry", { say: "retry", with: {} }, answers.retry], ...(operation ? [["edit", "edit", answers.edit] as Choice] : []), ["skip", { say: "skip" }, answers.skip], ["go_on", { say: "go_on" }, answers.go_on], ["stop", { say: "stop" }, answers.stop],
  ] : question.kind === "unknown" ? [["done", { say: "done" }, answers.done], ["not_done", { say: "retry", with: {} }, answers.notDone], ["stop", { say: "stop" }, answers.stop]] : [];
  const asks = question.kind === "approval" || question.kind === "differs" || question.kind === "preview";
  const tone = question.kind === "failure" ? "bad" : question.kind === "unknown" ? "odd" : "wait";
  const Icon = question.kind === "failure" ? CircleX : question.kind === "unknown" ? CircleHelp : question.kind === "unlock" ? Lock : Hand;
  const failure = step?.error;

  return (
    <section className="question" data-tone={tone} aria-label={runWords.questions[question.kind]} data-testid={`question-${question.kind}`}>
      <h3><Icon size={18} aria-hidden />{runWords.questions[question.kind]}{step ? `: ${step.title}` : ""}</h3>
      {question.kind === "failure" && failure ? (
        <div className="stack selectable" style={{ gap: 4 }}>
          <p style={{ fontWeight: 500 }}><Said text={failure.message} /> <code className="quiet">{failure.code}</code></p>
          {failure.hint ? <p className="muted"><Said text={failure.hint} /></p> : null}
        </div>
      ) : (
        <div className="stack selectable" style={{ gap: 4 }}>
          <p style={{ fontWeight: 500 }}><Said text={question.message} /></p>
          {question.reason ? <p className="muted">{question.reason}</p> : null}
          {question.to.length > 0 ? <p className="muted small">{runWords.askedOf(question.to)} {question.quorum > 1 ? runWords.quorum(question.by.length, question.quorum) : ""}</p> : null}
        </div>
      )}
      {question.changes.length > 0 && step ? (
        <ul className="card">{question.changes.map((change, at) => <ChangeLine key={`${change.kind}${change.name}${at}`} undoing manifest={manifestOf(manifests, step.uses)} line={{ step: { ...step, waits_for: [], because: null }, change, at, confidence: change.confidence ?? step.confidence, because: change.because ?? null }} />)}</ul>
      ) : null}
      {error ? <ErrorCallout error={error} /> : null}
      {choices.length > 0 ? (
        <div className="choices">
          {choices.map(([key, answer, [label, consequence]]) => (
            <button key={key} type="button" className="choice" disabled={busy} onClick={() => (answer === "edit" ? setEditing(true) : void send(answer))} data-testid={`answer-${key}`}><strong>{label}</strong><span>{consequence}</span></button>
          ))}
        </div>
      ) : null}
      {asks ? (
        <>
          {question.kind === "preview" ? null : <input className="input" value={comment} placeholder={runWords.commentPlaceholder} aria-label={runWords.comment} onChange={(event) => setComment(event.target.value)} />}
          {closed ? <Callout tone="wait" testId="closed" title={guardWords.closedTitle(view.environment)}>{opening.words} {excusable ? "" : guardWords.noOverride}</Callout> : null}
          {closed && excusable ? <Reason value={reason} onChange={setReason} /> : null}
          <div className="row"><Button look="primary" size="roomy" isDisabled={busy || !timely} onPress={() => void send({ say: "approve" })} data-testid="approve">{runWords.approve}</Button><Button size="roomy" isDisabled={busy} onPress={() => void send({ say: "deny" })} data-testid="deny">{runWords.deny}</Button></div>
        </>
      ) : null}
      {question.kind === "unlock" ? <div><Button look="primary" size="roomy" onPress={() => go({ screen: "credentials" })}>{runWords.unlockGo}</Button></div> : null}
      {editing && step && operation ? <EditInputs step={step} schema={operation.input} onClose={() => setEditing(false)} onSend={(inputs) => { setEditing(false); void send({ say: "retry", with: inputs }); }} /> : null}
    </section>
  );
}

function EditInputs({ step, schema, onClose, onSend }: { step: StepView; schema: Manifest["operations"][number]["input"]; onClose: () => void; onSend: (inputs: JsonObject) => void }) {
  const [inputs, setInputs] = useState<JsonObject>(step.inputs);
  const changed = Object.fromEntries(Object.entries(inputs).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(step.inputs[name])));
  return (
    <Dialog title={runWords.editTitle(step.title)} open onClose={onClose} closeLabel={words.close} foot={<><Button size="roomy" look="quiet" onPress={onClose}>{words.cancel}</Button><Button size="roomy" look="primary" onPress={() => onSend(changed)} data-testid="edit-retry">{runWords.editDo}</Button></>}>
      <SchemaForm schema={schema} value={inputs} strict onChange={(path, value) => setInputs((current) => withValue(current, path, value) as JsonObject)} />
    </Dialog>
  );
}
