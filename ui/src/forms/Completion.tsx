import { useEffect, useId, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Tried } from "../bridge/types";
import { Button } from "../design/Button";
import { complete, nearestFor, pathAt } from "../graph/completion";
import { formWords } from "../text/forms";
import { near, plain } from "../text/format";
import type { Suggestion } from "./SchemaForm";

interface Props {
  id: string; testId: string; value: string; onCommit: (value: string) => void; suggestions: Suggestion[];
  /** Prefixes below which anything may stand. */
  open: readonly string[];
  /** Whether the whole text is an expression, without `${{ }}` around. */
  bare: boolean;
  tryOut?: ((text: string) => Promise<Tried>) | undefined;
  label?: string; placeholder?: string; describedBy?: string;
}

/** A field for an expression: it completes paths, offers the nearest name for a wrong one, and shows what came of it last. */
export function Completion({ id, testId, value, onCommit, suggestions, open, bare, tryOut, label, placeholder, describedBy }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const text = draft ?? value;
  const latest = useRef({ draft, value, onCommit });
  latest.current = { draft, value, onCommit };
  const commit = () => {
    const now = latest.current;
    if (now.draft !== null && now.draft !== now.value) now.onCommit(now.draft);
  };
  useEffect(() => {
    if (draft === null || draft === value) return;
    const timer = setTimeout(commit, 450);
    return () => clearTimeout(timer);
  }, [draft, value]);
  useEffect(() => () => commit(), []);

  const at = caret === null ? null : pathAt(text, caret, bare);
  const offers = at ? complete(at.typed, suggestions) : [];
  const current = offers[Math.min(chosen, offers.length - 1)];
  const wrong = caret === null || offers.length === 0 ? nearestFor(text, suggestions, open, bare) : null;
  const live = useTried(value, tryOut);

  const accept = (expression: string) => {
    if (!at) return;
    const next = text.slice(0, at.from) + expression + text.slice(at.to);
    const end = at.from + expression.length;
    // Drawn at once: the caret must stand behind the path before the next key comes.
    flushSync(() => {
      setDraft(next);
      setChosen(0);
      // A path that goes on is completed on; a whole one is done.
      setCaret(expression.endsWith(".") ? end : null);
    });
    field.current?.focus();
    field.current?.setSelectionRange(end, end);
  };

  return (
    <div className="completion">
      <input
        ref={field} id={id} className="input mono" type="text" role="combobox" aria-expanded={offers.length > 0} aria-controls={list} aria-autocomplete="list" aria-activedescendant={current ? `${list}-${current.expression}` : undefined}
        aria-label={label} aria-describedby={describedBy} spellCheck={false} autoComplete="off" placeholder={placeholder} data-testid={testId} value={text}
        onChange={(event) => { setDraft(event.target.value); setCaret(event.target.selectionStart); setChosen(0); }}
        onBlur={() => { setCaret(null); commit(); setDraft(null); }}
        onKeyDown={(event) => {
          if (event.key === " " && event.ctrlKey) setCaret(event.currentTarget.selectionStart);
          else if (offers.length > 0 && event.key === "ArrowDown") setChosen((chosen + 1) % offers.length);
          else if (offers.length > 0 && event.key === "ArrowUp") setChosen((chosen + offers.length - 1) % offers.length);
          else if (offers.length > 0 && current && (event.key === "Enter" || event.key === "Tab") && at && at.typed !== "") accept(current.expression);
          else if (offers.length > 0 && event.key === "Escape") setCaret(null);
          else if (event.key === "Escape" && draft !== null && draft !== value) setDraft(value);
          else if (event.key === "Enter") { commit(); return; }
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {offers.length > 0 ? (
        <div className="popover completion-list scroll" role="listbox" id={list} aria-label={formWords.suggestions}>
          {offers.map((offer, index) => (
            <div key={offer.expression} id={`${list}-${offer.expression}`} role="option" tabIndex={-1} aria-selected={offer === current} className="command-item" data-testid={`offer-${offer.expression}`}
              onPointerDown={(event) => { event.preventDefault(); accept(offer.expression); }} onPointerMove={() => setChosen(index)}>
              <code className="ellipsis" title={offer.expression}>{offer.expression}</code>
              {offer.label !== offer.expression ? <span className="quiet small ellipsis">{offer.label}</span> : null}
            </div>
          ))}
        </div>
      ) : null}
      {wrong ? (
        <div className="completion-said" role="status">
          <span>{formWords.unknownPath(wrong.wrong)}</span>
          <Button look="quiet" data-testid={`nearest-${testId}`} onPress={() => { const next = text.slice(0, wrong.from) + wrong.right + text.slice(wrong.to); setDraft(null); onCommit(next); }}>{formWords.takeNearest(wrong.right)}</Button>
        </div>
      ) : live ? (
        <p className="completion-said quiet small" data-testid={`live-${testId}`}>
          {live.value !== null && live.value !== undefined ? <><span>{formWords.lastRun(live.at === null ? "" : near(new Date(live.at).toISOString()))}</span> <code className="ellipsis">{shown(live.value)}</code></> : live.run ? <span>{formWords.lastRunNone}</span> : null}
        </p>
      ) : null}
    </div>
  );
}

/** What the committed text gave in the newest run; nothing where that cannot be told. */
function useTried(text: string, tryOut: Props["tryOut"]): Tried | null {
  const [tried, setTried] = useState<{ text: string; answer: Tried } | null>(null);
  const ask = useRef(tryOut);
  ask.current = tryOut;
  const can = tryOut !== undefined;
  useEffect(() => {
    if (!can || text.trim() === "") return;
    let gone = false;
    // A remark beside the field: where it cannot be had, the field is as good without it.
    void ask.current?.(text).then((answer) => { if (!gone) setTried({ text, answer }); }).catch(() => {});
    return () => { gone = true; };
  }, [text, can]);
  return tried?.text === text ? tried.answer : null;
}

function shown(value: unknown): string {
  const text = plain(value as never);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
