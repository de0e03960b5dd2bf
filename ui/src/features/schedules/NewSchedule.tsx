import { useEffect, useId, useState } from "react";
import { call } from "../../bridge/client";
import { invalidate, useQuery } from "../../bridge/queries";
import type { ApiError } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout } from "../../design/feedback";
import { Field, Segmented, Select } from "../../design/fields";
import { Said } from "../../design/Said";
import { SchemaForm } from "../../forms/SchemaForm";
import { useInputs } from "../../summary/useInputs";
import { scheduleWords } from "../../text/schedules";
import { words } from "../../text/words";
import { useEnvironment } from "../../window/environment";
import { cronOf, type Often, type Rhythm } from "./cron";

type Missed = "ask" | "run" | "skip";
const zones = Intl.supportedValuesOf("timeZone");
const ways: Often[] = ["day", "weekdays", "week", "month", "cron"];
const days = ["1", "2", "3", "4", "5", "6", "0"];

/** Asks what runs, where and when, and says when that would be. */
export function NewSchedule({ onClose }: { onClose: () => void }) {
  const workflows = useQuery("workflow.list", {}).data ?? [];
  const { name: here, all } = useEnvironment();
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [place, setPlace] = useState<string | null>(null);
  const [rhythm, setRhythm] = useState<Rhythm>({ often: "day", time: "02:00", weekday: "1", monthday: "1", cron: "0 2 * * *" });
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  const [missed, setMissed] = useState<Missed>("ask");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const ids = { title: useId(), workflow: useId(), place: useId(), time: useId(), day: useId(), cron: useId(), zone: useId(), zones: useId(), missed: useId() };
  const workflow = chosen ?? workflows[0]?.name ?? null;
  const environment = place ?? here;
  const cron = cronOf(rhythm);
  const when = useQuery("schedule.when", useLater({ cron, time_zone: zone.trim() })).data;
  const opened = useQuery("document.open", workflow === null ? null : { workflow });
  const questions = useInputs(workflow ?? "", opened.data?.document?.inputs);
  const change = (part: Partial<Rhythm>) => setRhythm((current) => ({ ...current, ...part }));
  const ready = workflow !== null && environment !== null && !busy && !when?.cron_problem && !when?.zone_problem && questions.complete;

  const create = async () => {
    if (workflow === null || environment === null) return;
    setBusy(true);
    setError(null);
    try {
      const inputs = questions.asks ? await questions.submit() : "{}";
      if (inputs !== null) {
        await call("schedule.create", { title: title.trim(), workflow, environment, inputs: JSON.parse(inputs), cron, time_zone: zone.trim(), missed });
        invalidate(["schedule.list"]);
        onClose();
        return;
      }
    } catch (failed) {
      setError(failed as ApiError);
    }
    setBusy(false);
  };
  return (
    <Dialog title={scheduleWords.newTitle} open onClose={onClose} closeLabel={words.close} testId="new-schedule" width={620}
      foot={<><Button size="roomy" look="quiet" onPress={onClose}>{words.cancel}</Button><Button size="roomy" look="primary" isDisabled={!ready} onPress={() => void create()} data-testid="create-schedule">{scheduleWords.create}</Button></>}>
      <form data-roomy className="stack" style={{ gap: 16 }} onSubmit={(event) => { event.preventDefault(); if (ready) void create(); }}>
        {error ? <ErrorCallout error={error} /> : null}
        {error?.diagnostics?.map((d) => <p key={`${d.code}${d.address.field}`} className="muted"><Said text={d.detail} /> <Said text={d.hint} /></p>)}
        <div className="schedule-pair">
          <Field label={scheduleWords.workflow} id={ids.workflow}><Select label={scheduleWords.workflow} id={ids.workflow} value={workflow} options={workflows.map((one) => ({ value: one.name, label: one.title }))} onChange={setChosen} testId="schedule-workflow" /></Field>
          <Field label={scheduleWords.where} id={ids.place}><Select label={scheduleWords.where} id={ids.place} value={environment} options={all.map((one) => ({ value: one.name, label: one.title || one.name }))} onChange={setPlace} testId="schedule-place" /></Field>
        </div>
        {questions.asks ? <SchemaForm schema={questions.schema} value={questions.answers} onChange={questions.change} errors={questions.errors} judged /> : null}
        <Field label={scheduleWords.often} id={ids.day}><Segmented<Often> label={scheduleWords.often} value={rhythm.often} onChange={(often) => change({ often, ...(often === "cron" && rhythm.often !== "cron" ? { cron } : {}) })} options={ways.map((value) => ({ value, label: scheduleWords.ways[value] }))} testId="schedule-often" /></Field>
        <div className="schedule-pair">
          {rhythm.often === "cron" ? (
            <Field label={scheduleWords.cron} id={ids.cron} help={scheduleWords.cronHelp} error={when?.cron_problem ?? undefined}><input id={ids.cron} className="input mono" value={rhythm.cron} spellCheck={false} autoComplete="off" onChange={(event) => change({ cron: event.target.value })} data-testid="schedule-cron" /></Field>
          ) : (
            <div className="row" style={{ gap: 12, alignItems: "flex-start" }}>
              {rhythm.often === "week" ? <Field label={scheduleWords.day} id={`${ids.day}-week`}><Select label={scheduleWords.day} id={`${ids.day}-week`} value={rhythm.weekday} options={days.map((value) => ({ value, label: scheduleWords.dayNames[Number(value)] ?? value }))} onChange={(weekday) => change({ weekday })} testId="schedule-weekday" /></Field> : null}
              {rhythm.often === "month" ? <Field label={scheduleWords.day} id={`${ids.day}-month`}><Select label={scheduleWords.day} id={`${ids.day}-month`} value={rhythm.monthday} options={Array.from({ length: 28 }, (_, n) => ({ value: String(n + 1), label: `${n + 1}.` }))} onChange={(monthday) => change({ monthday })} testId="schedule-monthday" /></Field> : null}
              <Field label={scheduleWords.time} id={ids.time}><input id={ids.time} type="time" className="input" value={rhythm.time} onChange={(event) => change({ time: event.target.value || "00:00" })} data-testid="schedule-time" /></Field>
            </div>
          )}
          <Field label={scheduleWords.zone} id={ids.zone} error={when?.zone_problem ?? undefined}>
            <input id={ids.zone} className="input" value={zone} list={ids.zones} spellCheck={false} autoComplete="off" onChange={(event) => setZone(event.target.value)} data-testid="schedule-zone" />
            <datalist id={ids.zones}>{zones.map((one) => <option key={one} value={one} aria-label={one} />)}</datalist>
          </Field>
        </div>
        <div className="schedule-example" role="status" data-testid="schedule-when">{when?.words ? <><strong>{when.words}</strong>{when.upcoming.map((due) => <span key={due.at} className="muted">{due.there}{due.note ? <> <Said text={due.note} /></> : null}</span>)}</> : <span className="muted">{scheduleWords.notYet}</span>}</div>
        <div className="schedule-pair">
          <Field label={scheduleWords.missed} id={ids.missed}><Select<Missed> label={scheduleWords.missed} id={ids.missed} value={missed} options={(["ask", "run", "skip"] as const).map((value) => ({ value, label: scheduleWords.missedWays[value] }))} onChange={setMissed} testId="schedule-missed" /></Field>
          <Field label={scheduleWords.name} id={ids.title} soft><input id={ids.title} className="input" value={title} maxLength={120} placeholder={workflows.find((one) => one.name === workflow)?.title ?? ""} onChange={(event) => setTitle(event.target.value)} data-testid="schedule-title" /></Field>
        </div>
      </form>
    </Dialog>
  );
}

/** A value once it has stood still for a moment: not each key asks the backend. */
function useLater<T>(value: T): T {
  const text = JSON.stringify(value);
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLater(text), 150);
    return () => clearTimeout(timer);
  }, [text]);
  return JSON.parse(later) as T;
}
