import { useCallback, useEffect, useRef, useState } from "react";
import { call } from "../../bridge/client";
import type { FoundInLog } from "../../bridge/types";

/** A search through a whole log, done where the log is; the newest question wins. */
export function useLogSearch(run: string, step: string, query: string, count: number, onFound: (line: number) => void) {
  const [found, setFound] = useState<FoundInLog | null>(null);
  const asked = useRef(0);
  const show = useRef(onFound);
  show.current = onFound;
  const ask = useCallback(async (near: number, back: boolean, jump: boolean) => {
    asked.current += 1;
    const mine = asked.current;
    try {
      const answer = await call("run.find_log", { run, step, text: query, near, back });
      if (mine !== asked.current) return;
      setFound(answer);
      if (jump && answer.line !== null) show.current(answer.line);
    } catch {
      // The lines themselves say what is wrong.
    }
  }, [run, step, query]);

  useEffect(() => {
    asked.current += 1;
    setFound(null);
    if (query === "") return;
    const timer = setTimeout(() => void ask(0, false, true), 150);
    return () => clearTimeout(timer);
  }, [query, ask]);
  // More lines came: how many have it is counted on, and the place stays.
  const line = found?.line ?? 0;
  const counted = useRef(count);
  useEffect(() => {
    if (counted.current === count) return;
    counted.current = count;
    if (query !== "" && found !== null) void ask(line, false, false);
  }, [count, query, found, line, ask]);

  return { found, next: () => void ask(line + 1, false, true), before: () => void ask(line, true, true) };
}
