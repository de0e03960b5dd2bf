import { useEffect, useRef, useState } from "react";

interface Props {
  value: string;
  onCommit: (value: string) => void;
  id?: string | undefined;
  testId?: string | undefined;
  mono?: boolean;
  multiline?: boolean;
  rows?: number;
  placeholder?: string | undefined;
  invalid?: boolean;
  list?: string | undefined;
  inputMode?: "numeric" | "decimal" | undefined;
  label?: string | undefined;
  describedBy?: string | undefined;
}

/** A text being typed: handed on when one pauses, leaves or presses Enter; Escape takes it back. */
export function Draft({ value, onCommit, multiline, mono, testId, invalid, label, describedBy, ...rest }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef({ draft, value, onCommit });
  latest.current = { draft, value, onCommit };
  const commit = () => {
    const { draft: text, value: was, onCommit: tell } = latest.current;
    if (text !== null && text !== was) tell(text);
  };
  useEffect(() => {
    if (draft === null || draft === value) return;
    const timer = setTimeout(commit, 450);
    return () => clearTimeout(timer);
  }, [draft, value]);
  // Leaving the form (another step is selected) must not lose what was typed.
  useEffect(() => () => commit(), []);
  const common = {
    ...rest, value: draft ?? value, className: `input${mono ? " mono" : ""}`, "data-testid": testId, "aria-invalid": invalid || undefined, "aria-label": label, "aria-describedby": describedBy,
    spellCheck: false, autoComplete: "off",
    onBlur: () => { commit(); setDraft(null); },
  };
  if (multiline) return <textarea {...common} onChange={(event) => setDraft(event.target.value)} onKeyDown={(event) => { if (event.key === "Escape") setDraft(null); }} />;
  return (
    <input
      {...common} type="text" onChange={(event) => setDraft(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
        if (event.key === "Escape" && draft !== null && draft !== value) { event.stopPropagation(); setDraft(value); }
      }}
    />
  );
}
