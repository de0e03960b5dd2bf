import { useCallback, useEffect, useRef, useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, LogEntry } from "../../bridge/types";

/** Lines that are read at once. */
export const pageSize = 500;
/** Pages that are kept; the ones farthest away are let go, so that a log of any length takes the same room. */
export const pagesKept = 12;

/** The lines of a log around those in sight, read by range. */
export function useLogLines(run: string, step: string, announced: number, first: number, last: number) {
  const [pages, setPages] = useState<ReadonlyMap<number, LogEntry[]>>(new Map());
  const [total, setTotal] = useState(announced);
  const [error, setError] = useState<ApiError | null>(null);
  const reading = useRef(new Set<number>());
  const here = useRef(0);
  const count = Math.max(total, announced);
  here.current = Math.floor(first / pageSize);

  const read = useCallback(async (page: number) => {
    if (reading.current.has(page)) return;
    reading.current.add(page);
    try {
      const answer = await call("run.logs", { run, step, from: page * pageSize, limit: pageSize });
      setPages((current) => {
        const next = new Map(current).set(page, answer.lines);
        const away = (at: number) => Math.abs(at - here.current);
        for (const far of [...next.keys()].toSorted((a, b) => away(a) - away(b)).slice(pagesKept)) next.delete(far);
        return next;
      });
      setTotal(answer.total);
      setError(null);
    } catch (failed) {
      setError(failed as ApiError);
    } finally {
      reading.current.delete(page);
    }
  }, [run, step]);

  useEffect(() => {
    if (error) return;
    for (let page = Math.floor(first / pageSize); page <= Math.floor(Math.max(first, last - 1) / pageSize); page += 1) {
      const lines = pages.get(page);
      const wanted = Math.min(pageSize, count - page * pageSize);
      if (wanted > 0 && (!lines || lines.length < wanted)) void read(page);
    }
  }, [first, last, count, pages, read, error]);

  return { count, error, again: () => setError(null), line: (at: number): LogEntry | undefined => pages.get(Math.floor(at / pageSize))?.[at % pageSize] };
}
