import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, Clock, Copy, CornerDownLeft, ListCollapse, ListTree, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { call } from "../../bridge/client";
import type { LogGroup } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { ErrorCallout } from "../../design/feedback";
import { ansiRuns, withoutEscapes } from "../../graph/ansi";
import { clock, many } from "../../text/format";
import { runWords } from "../../text/run";
import { words } from "../../text/words";
import { say, sayError } from "../../window/toasts";
import { Rows, scrollTo, windowOf } from "./rows";
import { useLogLines } from "./useLogLines";
import { useLogSearch } from "./useLogSearch";

/** Lines that are copied at the most; nobody pastes more. */
const copied = 20_000;

/** A step's log: only the rows in sight are drawn, only the lines around them are read. */
export function Log({ run, step, total, live }: { run: string; step: string; total: number; live: boolean }) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(240);
  const [follow, setFollow] = useState(true);
  const [times, setTimes] = useState(false);
  const [query, setQuery] = useState("");
  const [groups, setGroups] = useState<LogGroup[]>([]);
  const [shut, setShut] = useState<ReadonlySet<number>>(new Set());
  const body = useRef<HTMLDivElement>(null);
  const [rowHeight] = useState(() => 1.25 * (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16));

  const [known, setKnown] = useState(total);
  const rows = useMemo(() => new Rows(Math.max(known, total), groups.filter((group) => shut.has(group.from))), [known, total, groups, shut]);
  const view = windowOf(rows.count, rowHeight, height, top);
  const { count, error, again, line } = useLogLines(run, step, total, rows.lineAt(view.first), rows.lineAt(Math.max(view.first, view.last - 1)) + 1);
  useEffect(() => setKnown(count), [count]);

  const shown = useRef(rows);
  shown.current = rows;
  const search = useLogSearch(run, step, query, count, (found) => {
    // A match that is folded away is unfolded.
    const fold = groups.find((group) => shut.has(group.from) && found > group.from && found < group.to);
    if (fold) setShut((current) => new Set([...current].filter((from) => from !== fold.from)));
    setFollow(false);
    requestAnimationFrame(() => { if (body.current) body.current.scrollTop = scrollTo(shown.current.rowOf(found), shown.current.count, rowHeight, body.current.clientHeight); });
  });

  // The parts that can be folded are looked for once it has all been said, and when somebody folds.
  const findGroups = async () => {
    const found = await call("run.log_groups", { run, step });
    setGroups(found);
    return found;
  };
  const some = count > 0;
  useEffect(() => {
    if (live || !some) return;
    let gone = false;
    call("run.log_groups", { run, step }).then((found) => { if (!gone) setGroups(found); }, () => {});
    return () => { gone = true; };
  }, [run, step, live, some]);
  const foldAll = () => void (shut.size > 0 ? Promise.resolve(setShut(new Set())) : findGroups().then((found) => { setFollow(false); setShut(new Set(found.map((group) => group.from))); }, sayError));
  const byFrom = useMemo(() => new Map(groups.map((group) => [group.from, group])), [groups]);
  const toggle = (from: number) => setShut((current) => (current.has(from) ? new Set([...current].filter((one) => one !== from)) : new Set([...current, from])));

  const copy = async () => {
    const selected = window.getSelection();
    const inside = selected && !selected.isCollapsed && body.current?.contains(selected.anchorNode) ? selected.toString() : "";
    try {
      if (inside) await navigator.clipboard.writeText(inside);
      else {
        const from = Math.max(0, count - copied);
        const { lines } = await call("run.logs", { run, step, from, limit: copied });
        await navigator.clipboard.writeText(lines.map((entry) => withoutEscapes(entry.text)).join("\n"));
        say({ tone: "ok", title: runWords.logCopied(lines.length, from > 0) });
        return;
      }
      say({ tone: "ok", title: words.copied });
    } catch (failed) { sayError(failed as never); }
  };

  useEffect(() => {
    const element = body.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (follow && body.current) body.current.scrollTop = view.tall;
  }, [follow, view.tall]);

  const wanted = query.toLowerCase();
  const { found } = search;
  return (
    <section className="log" aria-label={runWords.log}>
      <div className="log-head">
        <span className="section-title">{runWords.log}</span>
        <span className="quiet small grow log-count" data-testid="log-count">{count > 0 ? runWords.logLines(count) : ""}</span>
        <div className="input-wrap log-search">
          <Search size={13} aria-hidden />
          <input className="input" type="search" value={query} placeholder={runWords.logSearch} aria-label={runWords.logSearch} onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") { if (event.shiftKey) search.before(); else search.next(); }
              else if (event.key === "Escape" && query) { event.stopPropagation(); setQuery(""); }
            }} data-testid="log-search" />
        </div>
        {query ? <><span className="quiet small" role="status" data-testid="log-matches">{found ? runWords.logMatches(found.which, found.count) : runWords.logSearching}</span><IconButton label={runWords.logBefore} onPress={search.before} data-testid="log-before"><ArrowUp size={14} /></IconButton><IconButton label={runWords.logNext} onPress={search.next} data-testid="log-next"><ArrowDown size={14} /></IconButton></> : null}
        {groups.length > 0 || live ? <IconButton label={shut.size > 0 ? runWords.logUnfold : runWords.logFold} onPress={foldAll} on={shut.size > 0} data-testid="log-fold">{shut.size > 0 ? <ListTree size={14} /> : <ListCollapse size={14} />}</IconButton> : null}
        <IconButton label={runWords.logTimes} on={times} onPress={() => setTimes(!times)}><Clock size={14} /></IconButton>
        <IconButton label={runWords.logCopy} onPress={() => void copy()} data-testid="log-copy"><Copy size={14} /></IconButton>
        {live ? <Button look="quiet" on={follow} onPress={() => setFollow(!follow)} data-testid="log-follow"><CornerDownLeft size={13} aria-hidden />{runWords.logFollow}</Button> : null}
      </div>
      {error ? <ErrorCallout title={runWords.logFailed} error={error} retry={again} retryLabel={words.tryAgain} /> : null}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region is reached by keyboard */}
      <div className="log-body scroll selectable" ref={body} tabIndex={0} role="log" aria-live="off" aria-label={runWords.log} data-testid="log"
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setTop(scrollTop);
          setFollow(scrollTop + clientHeight >= scrollHeight - rowHeight);
        }}>
        {count === 0 ? <p className="quiet" style={{ padding: "8px 12px" }}>{live ? runWords.logEmpty : runWords.logNever}</p> : (
          <div style={{ height: view.tall, position: "relative" }}>
            {Array.from({ length: Math.max(0, view.last - view.first) }, (_, n) => {
              const row = view.first + n;
              const at = rows.lineAt(row);
              const entry = line(at);
              const group = byFrom.get(at);
              const closed = group !== undefined && shut.has(at);
              return (
                <div key={at} className="log-line" style={{ top: view.top(row) }} data-level={entry?.level} data-found={found?.line === at || undefined}>
                  <span className="log-number">{group ? <button type="button" className="log-fold" aria-expanded={!closed} aria-label={runWords.logPart(group.title)} onClick={() => toggle(at)}>{closed ? <ChevronRight size={12} aria-hidden /> : <ChevronDown size={12} aria-hidden />}</button> : null}{at + 1}</span>
                  {times && entry ? <span className="log-time">{clock(entry.at)}</span> : null}
                  {entry ? <LogText text={entry.text} wanted={wanted} /> : <span className="quiet">…</span>}
                  {closed ? <span className="log-hidden">{many(group.to - group.from - 1, runWords.logHiddenOne, runWords.logHidden)}</span> : null}
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
  const lower = text.toLowerCase();
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return <>{parts}{text.slice(from)}</>;
}
