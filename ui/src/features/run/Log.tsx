import { ArrowDown, ArrowUp, Clock, CornerDownLeft, Search } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, LogEntry } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { ErrorCallout } from "../../design/feedback";
import { ansiRuns } from "../../graph/ansi";
import { clock } from "../../text/format";
import { runWords } from "../../text/run";
import { words } from "../../text/words";

const rowHeight = 20;
const pageSize = 1000;

/** A step's log: only the lines in sight are drawn, only their pages are read. */
export function Log({ run, step, total: announced, live }: { run: string; step: string; total: number; live: boolean }) {
  const [pages, setPages] = useState<ReadonlyMap<number, LogEntry[]>>(new Map());
  const [total, setTotal] = useState(announced);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(240);
  const [follow, setFollow] = useState(true);
  const [times, setTimes] = useState(false);
  const [query, setQuery] = useState("");
  const [match, setMatch] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const reading = useRef(new Set<number>());
  const count = Math.max(total, announced);

  const read = useCallback(async (page: number) => {
    if (reading.current.has(page)) return;
    reading.current.add(page);
    try {
      const answer = await call("run.logs", { run, step, from: page * pageSize, limit: pageSize });
      setPages((current) => new Map(current).set(page, answer.lines));
      setTotal(answer.total);
      setError(null);
    } catch (failed) {
      setError(failed as ApiError);
    } finally {
      reading.current.delete(page);
    }
  }, [run, step]);

  const first = Math.max(0, Math.floor(top / rowHeight) - 10);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + 10);
  useEffect(() => {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(Math.max(first, last - 1) / pageSize); page += 1) {
      const lines = pages.get(page);
      const wanted = Math.min(pageSize, count - page * pageSize);
      if (wanted > 0 && (!lines || lines.length < wanted)) void read(page);
    }
  }, [first, last, count, pages, read]);

  // A search looks at every line; the pages not yet here are fetched one after the other.
  useEffect(() => {
    if (!query) return;
    for (let page = 0; page * pageSize < count; page += 1) {
      if (!pages.has(page)) {
        void read(page);
        return;
      }
    }
  }, [query, count, pages, read]);

  useEffect(() => {
    const element = body.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (follow && body.current) body.current.scrollTop = count * rowHeight;
  }, [follow, count]);

  const wanted = query.toLowerCase();
  const matches = useMemo(() => {
    if (!wanted) return [];
    const found: number[] = [];
    for (let page = 0; page * pageSize < count; page += 1) pages.get(page)?.forEach((line, at) => { if (line.text.toLowerCase().includes(wanted)) found.push(page * pageSize + at); });
    return found;
  }, [wanted, pages, count]);
  const show = (index: number) => {
    const at = matches[(index + matches.length) % matches.length];
    if (at === undefined || !body.current) return;
    setMatch((index + matches.length) % matches.length);
    setFollow(false);
    body.current.scrollTop = at * rowHeight - height / 2;
  };

  return (
    <section className="log" aria-label={runWords.log}>
      <div className="log-head">
        <span className="section-title">{runWords.log}</span>
        <span className="quiet small grow">{count > 0 ? runWords.logLines(count) : ""}</span>
        <div className="input-wrap" style={{ width: 150 }}>
          <Search size={13} aria-hidden />
          <input className="input" type="search" value={query} placeholder={runWords.logSearch} aria-label={runWords.logSearch} onChange={(event) => { setQuery(event.target.value); setMatch(0); }}
            onKeyDown={(event) => { if (event.key === "Enter") show(match + (event.shiftKey ? -1 : 1)); }} data-testid="log-search" />
        </div>
        {query ? <><span className="quiet small">{runWords.logMatches(match + 1, matches.length)}</span><IconButton label={runWords.logBefore} onPress={() => show(match - 1)}><ArrowUp size={14} /></IconButton><IconButton label={runWords.logNext} onPress={() => show(match + 1)}><ArrowDown size={14} /></IconButton></> : null}
        <IconButton label={runWords.logTimes} on={times} onPress={() => setTimes(!times)}><Clock size={14} /></IconButton>
        {live ? <Button look="quiet" on={follow} onPress={() => setFollow(!follow)}><CornerDownLeft size={13} aria-hidden />{runWords.logFollow}</Button> : null}
      </div>
      {error ? <ErrorCallout title={runWords.logFailed} error={error} retry={() => void read(Math.floor(first / pageSize))} retryLabel={words.tryAgain} /> : null}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region is reached by keyboard */}
      <div className="log-body scroll selectable" ref={body} tabIndex={0} role="log" aria-label={runWords.log} data-testid="log"
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setTop(scrollTop);
          setFollow(scrollTop + clientHeight >= scrollHeight - rowHeight);
        }}>
        {count === 0 ? <p className="quiet" style={{ padding: "8px 12px" }}>{live ? runWords.logEmpty : runWords.logNever}</p> : (
          <div style={{ height: count * rowHeight, position: "relative" }}>
            {Array.from({ length: Math.max(0, last - first) }, (_, n) => {
              const at = first + n;
              const line = pages.get(Math.floor(at / pageSize))?.[at % pageSize];
              return (
                <div key={at} className="log-line" style={{ top: at * rowHeight }} data-level={line?.level} data-found={matches[match] === at || undefined}>
                  <span className="log-number">{at + 1}</span>
                  {times && line ? <span className="log-time">{clock(line.at)}</span> : null}
                  {line ? <LogText text={line.text} wanted={wanted} /> : <span className="quiet">…</span>}
                </div>
              );
            })}
          </div>
        )}
      </div>
    </section>
  );
}

function LogText({ text, wanted }: { text: string; wanted: string }) {
  return (
    <span>
      {ansiRuns(text).map((run, at) => (
        <span key={`${at} ${run.text.length}`} style={{ ...(run.colour ? { color: `var(--${run.colour})` } : {}), ...(run.bold ? { fontWeight: 600 } : {}) }}>{wanted ? marked(run.text, wanted) : run.text}</span>
      ))}
    </span>
  );
}

function marked(text: string, wanted: string) {
  const at = text.toLowerCase().indexOf(wanted);
  if (at < 0) return text;
  return <>{text.slice(0, at)}<mark>{text.slice(at, at + wanted.length)}</mark>{text.slice(at + wanted.length)}</>;
}
