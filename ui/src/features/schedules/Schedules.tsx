import "./schedules.css";
import { CalendarClock, FlaskConical, Plus, Power } from "lucide-react";
import { useState } from "react";
import { call } from "../../bridge/client";
import { put, useQuery } from "../../bridge/queries";
import type { ApiError, ScheduleView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Fold } from "../../design/fields";
import { Callout, Empty, ErrorCallout, Pill, Skeleton, type Tone } from "../../design/feedback";
import { GraphPicture } from "../../design/Logo";
import { Said } from "../../design/Said";
import { plain } from "../../text/format";
import { scheduleWords } from "../../text/schedules";
import { words } from "../../text/words";
import { go, writeRoute } from "../../window/route";
import { sayError } from "../../window/toasts";
import { RunsTabs } from "../runs/RunsTabs";
import { MissedQuestion } from "./MissedQuestion";
import { NewSchedule } from "./NewSchedule";
import { SwitchOn } from "./SwitchOn";

const tones: Record<ScheduleView["state"], Tone> = { on: "ok", off: "idle", off_in_file: "idle", changed: "wait", broken: "bad" };

/** What is due again and again: when next, what was missed, and the switch. */
export function Schedules() {
  const { data, error, retry } = useQuery("schedule.list", {});
  const [making, setMaking] = useState(false);
  return (
    <div className="page scroll">
      <div className="page-inner">
        <header className="page-head"><RunsTabs here="schedules" /><Button onPress={() => setMaking(true)} data-testid="new-schedule-open"><Plus size={16} aria-hidden />{scheduleWords.make}</Button></header>
        {error ? <ErrorCallout error={error} retry={retry} retryLabel={words.tryAgain} /> : null}
        {data?.problem ? <Callout tone="bad" role="alert" title={scheduleWords.unread}><Said text={data.problem.message} /> <Said text={data.problem.hint} /> <code className="quiet">{data.problem.code}</code></Callout> : null}
        {data && data.schedules.length > 0 ? data.watched === "nobody" ? <Callout tone="wait" title={scheduleWords.unwatched}><Said text={data.sentence} /></Callout> : <p className="muted" data-testid="watched"><Said text={data.sentence} /></p> : null}
        {!data && !error ? <div className="card stack" style={{ padding: 24, gap: 16 }}><Skeleton width="40%" height={20} /><Skeleton /><Skeleton /></div> : null}
        {data?.schedules.length === 0 ? <Empty picture={<GraphPicture />} title={scheduleWords.none} testId="no-schedules" actions={<Button size="roomy" look="primary" onPress={() => setMaking(true)}><Plus size={16} aria-hidden />{scheduleWords.make}</Button>}>{scheduleWords.noneBody}</Empty> : null}
        {data?.schedules.map((schedule) => <Schedule key={schedule.name} schedule={schedule} />)}
      </div>
      {making ? <NewSchedule onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function Schedule({ schedule }: { schedule: ScheduleView }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const runs = schedule.state !== "broken";
  const switchOff = async () => {
    setBusy(true);
    try {
      put("schedule.get", { schedule: schedule.name }, await call("schedule.off", { schedule: schedule.name }));
    } catch (error) {
      sayError(error as ApiError);
    }
    setBusy(false);
  };
  const inputs = Object.entries(schedule.inputs);
  return (
    <section className="card schedule" data-testid={`schedule-${schedule.name}`} data-state={schedule.state} aria-labelledby={`schedule-${schedule.name}`}>
      <header className="row schedule-head">
        <span className="schedule-icon" data-tone={tones[schedule.state]}><CalendarClock size={20} aria-hidden /></span>
        <h2 className="grow ellipsis" id={`schedule-${schedule.name}`} title={schedule.title}>{schedule.title}</h2>
        <Pill tone={tones[schedule.state]}>{scheduleWords.states[schedule.state]}</Pill>
        {runs ? <Button onPress={() => go({ screen: "due", schedule: schedule.name, missed: false })} data-testid="schedule-try"><FlaskConical size={14} aria-hidden />{scheduleWords.tryNow}</Button> : null}
        {schedule.state === "on" ? <Button onPress={() => void switchOff()} isDisabled={busy} data-testid="schedule-off"><Power size={14} aria-hidden />{scheduleWords.off}</Button> : null}
        {schedule.state === "off" || schedule.state === "changed" ? <Button look="primary" onPress={() => setAsking(true)} data-testid="schedule-on"><Power size={14} aria-hidden />{schedule.state === "changed" ? scheduleWords.again : scheduleWords.on}</Button> : null}
      </header>
      <p><Said text={schedule.sentence} /></p>
      {schedule.question ? <MissedQuestion schedule={schedule} /> : null}
      {schedule.changed.length > 0 ? <Callout tone="wait" title={scheduleWords.changed}>{schedule.changed.map((file) => <code key={file} style={{ marginRight: 8 }}>{file}</code>)} {scheduleWords.changedHelp}</Callout> : null}
      {schedule.diagnostics.map((d) => <Callout key={`${d.code}${d.address.file}${d.address.field}`} tone={d.severity === "error" ? "bad" : "wait"} title={<Said text={d.detail} />}><Said text={d.hint} /> <code>{d.address.file}{d.span ? `:${d.span.start.line}:${d.span.start.column}` : ""}</code> <code className="quiet">{d.code}</code></Callout>)}
      <dl className="schedule-facts">
        <div><dt>{scheduleWords.when}</dt><dd>{schedule.words ? <Said text={schedule.words} /> : <code>{schedule.cron || "—"}</code>}</dd></div>
        <div><dt>{scheduleWords.workflow}</dt><dd><a href={writeRoute({ screen: "studio", workflow: schedule.workflow })}>{schedule.workflow_title || schedule.workflow}</a></dd></div>
        <div><dt>{scheduleWords.where}</dt><dd>{schedule.environment_title || scheduleWords.noEnvironment}</dd></div>
        <div><dt>{scheduleWords.missed}</dt><dd><Said text={schedule.missed_words} /></dd></div>
        {inputs.length > 0 ? <div><dt>{scheduleWords.inputs}</dt><dd>{inputs.map(([name, value]) => <code key={name} className="schedule-input">{name}: {plain(value)}</code>)}</dd></div> : null}
        <div><dt>{scheduleWords.file}</dt><dd><code>{schedule.file}</code></dd></div>
      </dl>
      {schedule.upcoming.length > 0 ? (
        <Fold title={scheduleWords.upcoming} testId="schedule-upcoming">
          <ol className="schedule-times">{schedule.upcoming.map((due) => <li key={due.at}>{due.there}{due.note ? <span className="muted"> <Said text={due.note} /></span> : null}</li>)}</ol>
        </Fold>
      ) : null}
      {schedule.state !== "on" && schedule.history.length === 0 ? null : (
        <Fold title={scheduleWords.history} testId="schedule-history">
          {schedule.history.length === 0 ? <p className="quiet">{scheduleWords.noHistory}</p> : (
            <ol className="schedule-times">{schedule.history.map((one) => (
              <li key={`${one.due} ${one.at}`}><strong>{one.there}</strong> <span className="muted"><Said text={one.sentence} /></span>{" "}
                {one.run ? <a href={writeRoute({ screen: "run", run: one.run })}>{scheduleWords.toRun}</a> : null}
                {one.error ? <span className="muted"><Said text={one.error.hint} /> <code className="quiet">{one.error.code}</code></span> : null}</li>
            ))}</ol>
          )}
        </Fold>
      )}
      {asking ? <SwitchOn name={schedule.name} onClose={() => setAsking(false)} /> : null}
    </section>
  );
}
