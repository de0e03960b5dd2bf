import "./runs.css";
import { CalendarClock, Play, RotateCcw, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { RunSummary } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Segmented } from "../../design/fields";
import { Empty, ErrorCallout, Pill, Skeleton } from "../../design/feedback";
import { GraphPicture } from "../../design/Logo";
import { MeaningIcon, meaningOfRun } from "../../design/meaning";
import { Near } from "../../design/Near";
import { ModeTag, RecordedTag } from "../../summary/Postcard";
import { lasting } from "../../text/format";
import { runsWords } from "../../text/runs";
import { scheduleWords } from "../../text/schedules";
import { words } from "../../text/words";
import { go, writeRoute } from "../../window/route";
import { RunsTabs } from "./RunsTabs";

type Filter = "all" | "waiting" | "running" | "failed";

/** The history: every deployment and every undo. */
export function Runs() {
  const { data, error, retry } = useQuery("run.list", {});
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const shown = useMemo(() => (data ?? []).filter((run) => fits(run, filter) && `${run.title} ${run.environment} ${run.workflow} ${run.id} ${run.sentence}`.toLowerCase().includes(query.trim().toLowerCase())), [data, filter, query]);
  return (
    <div className="page scroll">
      <div className="page-inner">
        <header className="page-head">
          <RunsTabs here="runs" />
          <Segmented<Filter> label={runsWords.filter} value={filter} onChange={setFilter} options={[{ value: "all", label: runsWords.all }, { value: "waiting", label: runsWords.waiting }, { value: "running", label: runsWords.running }, { value: "failed", label: runsWords.failed }]} />
          <div className="input-wrap" style={{ width: "13rem" }}><Search size={14} aria-hidden /><input className="input" type="search" value={query} placeholder={runsWords.search} aria-label={runsWords.search} onChange={(event) => setQuery(event.target.value)} /></div>
        </header>
        {error ? <ErrorCallout error={error} retry={retry} retryLabel={words.tryAgain} /> : null}
        {!data && !error ? <div className="card stack" style={{ padding: 16, gap: 16 }}><Skeleton height={20} /><Skeleton height={20} /><Skeleton height={20} /></div> : null}
        {data?.length === 0 ? <Empty picture={<GraphPicture />} title={runsWords.none} actions={<Button size="roomy" look="primary" onPress={() => go({ screen: "home" })}><Play size={16} aria-hidden />{runsWords.home}</Button>}>{runsWords.noneBody}</Empty> : null}
        {data?.length && shown.length === 0 ? <p className="muted">{runsWords.noMatch}</p> : null}
        {shown.length > 0 ? (
          <div className="card" style={{ overflow: "hidden" }}>
            <table className="runs" data-testid="runs">
              <colgroup><col style={{ width: "8.5rem" }} /><col /><col style={{ width: "12rem" }} /><col className="wide" style={{ width: "6.5rem" }} /><col className="late" style={{ width: "8rem" }} /><col className="wide" style={{ width: "5.5rem" }} /><col style={{ width: "5.5rem" }} /></colgroup>
              <thead><tr><th>{runsWords.columns.state}</th><th>{runsWords.columns.name}</th><th>{runsWords.columns.where}</th><th className="wide">{runsWords.columns.by}</th><th className="late">{runsWords.columns.when}</th><th className="wide">{runsWords.columns.took}</th><th aria-label={runsWords.undo} /></tr></thead>
              <tbody>{shown.map((run) => <Row key={run.id} run={run} />)}</tbody>
            </table>
          </div>
        ) : null}
      </div>
    </div>
  );
}

function Row({ run }: { run: RunSummary }) {
  const meaning = meaningOfRun(run);
  return (
    <tr data-testid={`run-${run.id}`}>
      <td><Pill tone={meaning.tone} icon={<MeaningIcon meaning={meaning} size={14} />}>{meaning.word}</Pill></td>
      <td title={`${run.title}: ${run.sentence}`}><a href={writeRoute({ screen: "run", run: run.id })}>{run.undoes ? <RotateCcw size={13} aria-hidden style={{ marginRight: 6, verticalAlign: -2 }} /> : null}{run.undoes ? `${runsWords.undoOf} ${run.title}` : run.title}</a> <span className="quiet small">{run.sentence.replaceAll("`", "")}</span></td>
      <td><span className="row" style={{ gap: 6 }}><span className="ellipsis">{run.environment}</span><ModeTag mode={run.mode} /></span></td>
      <td className="wide muted" title={run.schedule ? scheduleWords.by(run.schedule.title) : run.by}>{run.schedule ? <a href={writeRoute({ screen: "schedules" })}><CalendarClock size={13} aria-label={scheduleWords.title} style={{ marginRight: 4, verticalAlign: -2 }} />{run.schedule.title}</a> : run.by}</td>
      <td className="late muted"><Near at={run.created_at} /></td>
      <td className="wide quiet">{run.ended_at === null ? "" : lasting(run.ended_at - run.created_at)}</td>
      <td style={{ textAlign: "right" }}>{run.undo.possible ? <Button onPress={() => go({ screen: "undo", run: run.id })} data-testid={`undo-${run.id}`}>{runsWords.undo}</Button> : run.recorded ? <RecordedTag /> : null}</td>
    </tr>
  );
}

function fits(run: RunSummary, filter: Filter): boolean {
  switch (filter) {
    case "all": return true;
    case "waiting": return run.state === "waiting" || run.questions > 0;
    case "running": return run.ended_at === null && run.state !== "waiting";
    case "failed": return run.state === "failed";
  }
}
