import { useCallback, useEffect, useSyncExternalStore } from "react";
import { call, listen } from "./client";
import type { ApiError, CommandName, Request, Response } from "./types";

/**
 * Reads of the backend, kept and shared between the screens. What an event or a write makes stale is
 * told by the backend (`stale`), never guessed here: the names of commands, or `name:argument` for one
 * thing.
 */
export interface Query<T> {
  data: T | undefined;
  error: ApiError | undefined;
  /** Asking for the first time, or again after an error. */
  loading: boolean;
}

interface Entry {
  name: CommandName;
  request: unknown;
  state: Query<unknown>;
  watchers: Set<() => void>;
  asking: boolean;
  again: boolean;
  /** Counts answers that came by another way; what was asked before them is older. */
  puts: number;
}

const entries = new Map<string, Entry>();
const idle: Query<never> = { data: undefined, error: undefined, loading: true };

function keyOf(name: string, request: unknown): string {
  return `${name} ${JSON.stringify(request)}`;
}

function entryOf(name: CommandName, request: unknown): Entry {
  const key = keyOf(name, request);
  let entry = entries.get(key);
  if (!entry) {
    entry = { name, request, state: idle, watchers: new Set(), asking: false, again: false, puts: 0 };
    entries.set(key, entry);
  }
  return entry;
}

function publish(entry: Entry, state: Query<unknown>): void {
  entry.state = state;
  for (const watcher of entry.watchers) watcher();
}

async function ask(entry: Entry): Promise<void> {
  if (entry.asking) {
    entry.again = true;
    return;
  }
  entry.asking = true;
  try {
    do {
      entry.again = false;
      const { puts } = entry;
      try {
        const data = await call(entry.name, entry.request as never);
        if (entry.puts === puts) publish(entry, { data, error: undefined, loading: false });
      } catch (error) {
        publish(entry, { data: entry.state.data, error: error as ApiError, loading: false });
      }
    } while (entry.again && entry.watchers.size > 0);
  } finally {
    entry.asking = false;
  }
}

/** Reads something and follows it. `null` as request reads nothing. */
export function useQuery<N extends CommandName>(name: N, request: Request<N> | null): Query<Response<N>> & { retry: () => void } {
  const key = request === null ? null : keyOf(name, request);
  const subscribe = useCallback(
    (watcher: () => void) => {
      if (key === null) return () => {};
      const entry = entryOf(name, JSON.parse(key.slice(name.length + 1)));
      entry.watchers.add(watcher);
      return () => {
        entry.watchers.delete(watcher);
      };
    },
    [key, name],
  );
  const state = useSyncExternalStore(subscribe, () => (key === null ? idle : (entries.get(key)?.state ?? idle)));
  useEffect(() => {
    if (key === null) return;
    const entry = entryOf(name, JSON.parse(key.slice(name.length + 1)));
    // What is on its way already is as new as what would be asked now.
    if (!entry.asking) void ask(entry);
  }, [key, name]);
  const retry = useCallback(() => {
    const entry = key === null ? undefined : entries.get(key);
    if (!entry) return;
    publish(entry, { ...entry.state, error: undefined, loading: true });
    void ask(entry);
  }, [key]);
  return { ...(state as Query<Response<N>>), retry };
}

/** Makes reads stale: those on a screen are asked again at once, the others when next shown. */
export function invalidate(keys: readonly string[]): void {
  for (const [id, entry] of entries) {
    const stale = keys.some((key) => {
      const [name, argument] = split(key);
      if (entry.name !== name && !(name.endsWith(".") && entry.name.startsWith(name))) return false;
      return argument === null || JSON.stringify(entry.request).includes(JSON.stringify(argument));
    });
    if (!stale) continue;
    if (entry.watchers.size > 0) void ask(entry);
    else entries.delete(id);
  }
}

function split(key: string): [string, string | null] {
  const at = key.indexOf(":");
  return at < 0 ? [key, null] : [key.slice(0, at), key.slice(at + 1)];
}

/** Puts an answer that came by another way (the response of a write). */
export function put<N extends CommandName>(name: N, request: Request<N>, data: Response<N>): void {
  const entry = entryOf(name, request);
  entry.puts += 1;
  publish(entry, { data, error: undefined, loading: false });
}

const ofOneRun = new Set(["run.get", "run.logs"]);

/** Follows the backend's events; batches within one frame are taken together. */
export function followEvents(): () => void {
  let pending = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    const keys = [...pending];
    pending = new Set();
    invalidate(keys);
  };
  return listen((batch) => {
    // What is read of one run is stale only for the run that something happened in.
    for (const key of batch.stale) pending.add(batch.run !== null && ofOneRun.has(key) ? `${key}:${batch.run}` : key);
    timer ??= setTimeout(flush, 40);
  });
}

/** Forgets everything; for tests and when another workspace is opened. */
export function forget(): void {
  for (const [id, entry] of entries) {
    if (entry.watchers.size === 0) entries.delete(id);
    else {
      publish(entry, idle);
      void ask(entry);
    }
  }
}
