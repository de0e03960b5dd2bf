import { AlertTriangle, CircleAlert, CircleCheck, Info, Loader } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { ApiError } from "../bridge/types";
import { Button } from "./Button";
import { Said } from "./Said";

export type Tone = "ok" | "busy" | "wait" | "bad" | "odd" | "idle" | "accent";

const icons = { ok: CircleCheck, busy: Info, wait: AlertTriangle, bad: CircleAlert, odd: Info, idle: Info, accent: Info };

/** A remark in the page, with what to do about it. */
export function Callout({ tone = "idle", title, children, actions, role, testId }:
  { tone?: Tone; title?: ReactNode; children?: ReactNode; actions?: ReactNode; role?: "alert" | "status"; testId?: string }) {
  const Icon = icons[tone];
  return (
    <div className="callout" data-tone={tone} role={role} data-testid={testId}>
      <Icon size={16} aria-hidden />
      <div className="callout-words">
        {title ? <div className="callout-title">{title}</div> : null}
        {children ? <div className="muted">{children}</div> : null}
      </div>
      {actions ? <div className="callout-actions">{actions}</div> : null}
    </div>
  );
}

/** An error of the backend, in its own words, with its code and next action. */
export function ErrorCallout({ error, retry, retryLabel, actions, title }:
  { error: ApiError; retry?: () => void; retryLabel?: string; actions?: ReactNode; title?: string }) {
  return (
    <Callout
      tone="bad" role="alert" testId="error" title={title ?? <Said text={error.message} />}
      actions={<>{actions}{retry ? <Button onPress={retry}>{retryLabel ?? "Try again"}</Button> : null}</>}
    >
      {title ? <><Said text={error.message} /> </> : null}
      {error.hint ? <span className="selectable"><Said text={error.hint} /> </span> : null}
      <code className="quiet">{error.code}</code>
    </Callout>
  );
}

/** A place with nothing in it, teaching the next step. */
export function Empty({ picture, title, children, actions, testId }:
  { picture?: ReactNode; title: string; children?: ReactNode; actions?: ReactNode; testId?: string }) {
  return (
    <div className="empty" data-testid={testId}>
      {picture}
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {actions ? <div className="empty-actions">{actions}</div> : null}
    </div>
  );
}

/** A line that stands in for what is being read. */
export function Skeleton({ width = "100%", height = 14 }: { width?: number | string; height?: number | string }) {
  const late = useLate();
  return <div className="skeleton" data-late={late || undefined} style={{ width, height }} aria-hidden />;
}

/** Whether a wait lasts long enough to be felt. Most do not: those are spared what comes and goes at once. */
function useLate(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return late;
}

/** A wait that says what for, once it lasts. */
export function Waiting({ words }: { words: string }) {
  const late = useLate();
  return !late ? <div role="status" aria-label={words} /> : <div className="empty" role="status"><Loader size={20} className="spinner" aria-hidden /><p>{words}</p></div>;
}

/** A meaning: icon, word, colour. */
export function Pill({ tone, icon, children, bare, testId }: { tone: Tone; icon?: ReactNode; children: ReactNode; bare?: boolean; testId?: string }) {
  return <span className="pill" data-tone={tone} data-bare={bare || undefined} data-testid={testId}>{icon}{children}</span>;
}
