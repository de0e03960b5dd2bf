import { useEffect, useMemo, useState } from "react";
import type { RunView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { stepMeaning } from "../../design/meaning";
import { lasting } from "../../text/format";
import { runWords } from "../../text/run";

/** Thin bars, waits hatched; the slider goes back in time. */
export function Timeline({ view, newest, at, onAt, selected, onSelect }: { view: RunView; newest: number; at: number | null; onAt: (at: number | null) => void; selected: string | undefined; onSelect: (step: string) => void }) {
  const live = view.ended_at === null && at === null;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [live]);
  const rows = useMemo(() => view.steps.filter((step) => step.bars.length > 0), [view.steps]);
  const start = Math.min(view.started_at ?? view.created_at, ...rows.flatMap((step) => step.bars.map((bar) => bar.from)));
  const latest = Math.max(start + 1, ...rows.flatMap((step) => step.bars.map((bar) => bar.to ?? bar.from)));
  const end = view.ended_at ?? (live ? Math.max(now, latest) : latest);
  const span = Math.max(1, end - start);
  return (
    <section className="timeline scroll" aria-label={runWords.timeline}>
      {rows.map((step) => (
        <button key={step.id} type="button" className="timeline-row" aria-current={selected === step.id || undefined} onClick={() => onSelect(step.id)}>
          <span className="ellipsis">{step.title}</span>
          <span className="timeline-track">
            {step.bars.map((bar) => {
              const to = bar.to ?? end;
              const tone = bar.to === null ? "busy" : stepMeaning[step.state].tone;
              return <span key={`${bar.kind}${bar.from}`} className="timeline-bar" data-kind={bar.kind} data-tone={tone} title={`${runWords.bars[bar.kind]}, ${lasting(to - bar.from)}`} style={{ left: `${((bar.from - start) / span) * 100}%`, width: `${(Math.max(0, to - bar.from) / span) * 100}%` }} />;
            })}
          </span>
          <span className="quiet" style={{ textAlign: "right" }}>{lasting((step.ended_at ?? end) - (step.started_at ?? start))}</span>
        </button>
      ))}
      {newest > 1 ? (
        <div className="timeline-slider">
          <span className="quiet small" style={{ minWidth: 110 }}>{runWords.timelineAt(at ?? newest, newest)}</span>
          <input type="range" min={1} max={newest} value={at ?? newest} aria-label={runWords.slider} onChange={(event) => { const next = Number(event.target.value); onAt(next >= newest ? null : next); }} data-testid="time-slider" />
          {at !== null ? <Button look="quiet" onPress={() => onAt(null)}>{runWords.timelineNow}</Button> : null}
        </div>
      ) : null}
    </section>
  );
}
