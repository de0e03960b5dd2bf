import { useState } from "react";
import type { Json } from "../bridge/types";
import { formWords } from "../text/forms";
import { Completion } from "./Completion";
import type { Authoring, Suggestion } from "./SchemaForm";

/** A text with `${{ }}` in it, and the values one can use. */
export function Expression({ id, name, value, onChange, authoring }: { id: string; name: string; value: string; onChange: (value: Json | undefined) => void; authoring: Authoring }) {
  const { suggestions } = authoring;
  const [open, setOpen] = useState(value === "");
  const use = (suggestion: Suggestion) => {
    setOpen(false);
    const whole = `\${{ ${suggestion.expression} }}`;
    // A text that holds no expression yet keeps its words; otherwise the last one gives way.
    const at = value.lastIndexOf("${{");
    onChange(at < 0 ? value + whole : value.slice(0, at) + whole + value.slice(at).replace(/^\$\{\{[^}]*\}\}/, ""));
  };
  return (
    <div className="expression suggest">
      <Completion id={id} testId={`field-${name}`} value={value} bare={false} suggestions={suggestions} open={authoring.open ?? []} tryOut={authoring.tryOut} onCommit={(next) => onChange(next === "" ? undefined : next)} describedBy={`${id}-help`} />
      <button type="button" className="btn link small" style={{ alignSelf: "flex-start" }} aria-expanded={open} onClick={() => setOpen(!open)} data-testid={`suggest-${name}`}>{formWords.suggestions}</button>
      {open ? (
        <div className="popover scroll" role="listbox" aria-label={formWords.suggestions} style={{ position: "static", padding: 4, boxShadow: "none", border: "1px solid var(--line)" }}>
          {suggestions.length === 0 ? <p className="quiet small" style={{ padding: 6 }}>{formWords.noSuggestions}</p> : null}
          {suggestions.map((suggestion) => (
            <button key={suggestion.expression} type="button" role="option" aria-selected={false} className="option command-item" style={{ width: "100%", border: 0, background: "none", textAlign: "left" }} onClick={() => use(suggestion)} data-testid={`use-${suggestion.expression}`}>
              <span className="grow ellipsis">{suggestion.label}</span>
              {suggestion.note ? <span className="quiet small ellipsis">{suggestion.note}</span> : null}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
