import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Json, Schema, Tried } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { Field, Segmented, Select } from "../../design/fields";
import { Completion } from "../../forms/Completion";
import { Draft } from "../../forms/Draft";
import type { Suggestion } from "../../forms/SchemaForm";
import { typesOf } from "../../graph/schema";
import { type Clause, type Operator, readLiteral, readSentence, type Sentence, takesValue, writeSentence } from "../../graph/sentence";
import { conditionWords as words } from "../../text/condition";

interface Props { id: string; value: string; onChange: (value: string) => void; suggestions: Suggestion[]; open: readonly string[]; tryOut?: ((text: string) => Promise<Tried>) | undefined }

/** “Run this step when …”: a sentence where the condition is one, else the expression with all its help. */
export function Condition({ id, value, onChange, suggestions, open, tryOut }: Props) {
  const [wantsText, setWantsText] = useState(false);
  const [begun, setBegun] = useState<Clause[]>([]);
  const sentence: Sentence | null = value.trim() === "" ? { join: "and", clauses: [] } : readSentence(value);
  const asText = wantsText || sentence === null;
  const commit = (next: Sentence) => onChange(writeSentence(next));
  const finished = (clause: Clause) => !takesValue(clause.operator) || (clause.value !== null && clause.value !== "" && !(Array.isArray(clause.value) && clause.value.length === 0));

  if (asText) {
    return (
      <Field label={words.title} help={sentence === null ? words.more : words.expressionHelp} id={`if-${id}`}
        aside={sentence !== null ? <button type="button" className="fx" aria-pressed onClick={() => setWantsText(false)} data-testid="condition-sentence">{words.asSentence}</button> : null}>
        <Completion id={`if-${id}`} testId="field-if" bare value={value} suggestions={suggestions} open={open} tryOut={tryOut} onCommit={onChange} placeholder={words.example} />
      </Field>
    );
  }

  const clauses = [...sentence.clauses, ...begun];
  const change = (at: number, next: Clause) => {
    if (at < sentence.clauses.length) {
      if (finished(next)) return commit({ ...sentence, clauses: sentence.clauses.map((clause, n) => (n === at ? next : clause)) });
      // Unfinished, it leaves the document and stays here until it says something.
      setBegun([...begun, next]);
      return commit({ ...sentence, clauses: sentence.clauses.filter((_, n) => n !== at) });
    }
    const own = at - sentence.clauses.length;
    if (!finished(next)) return setBegun(begun.map((clause, n) => (n === own ? next : clause)));
    setBegun(begun.filter((_, n) => n !== own));
    return commit({ ...sentence, clauses: [...sentence.clauses, next] });
  };
  const remove = (at: number) => {
    if (at < sentence.clauses.length) commit({ ...sentence, clauses: sentence.clauses.filter((_, n) => n !== at) });
    else setBegun(begun.filter((_, n) => n !== at - sentence.clauses.length));
  };
  return (
    <Field label={words.title} help={clauses.length === 0 ? words.always : undefined}
      aside={<button type="button" className="fx" aria-pressed={false} onClick={() => setWantsText(true)} data-testid="condition-expression" title={words.asExpression}>{words.expression}</button>}>
      <div className="sentence" data-testid="sentence">
        {sentence.clauses.length > 1 ? (
          <div className="sentence-join">
            <Segmented label={words.join} testId="sentence-join" value={sentence.join} onChange={(join) => commit({ ...sentence, join })} options={[{ value: "and", label: words.all }, { value: "or", label: words.any }]} />
          </div>
        ) : null}
        {clauses.map((clause, at) => <ClauseRow key={`${at} ${clause.path}`} at={at} clause={clause} suggestions={suggestions} onChange={(next) => change(at, { ...next, source: null })} onRemove={() => remove(at)} />)}
        <div><Button look="quiet" className="flush" onPress={() => setBegun([...begun, { path: suggestions[0]?.expression ?? "environment.name", operator: "is", value: null, source: null }])} data-testid="add-clause"><Plus size={14} aria-hidden />{clauses.length === 0 ? words.add : words.addMore}</Button></div>
      </div>
    </Field>
  );
}

type Sort = "text" | "number" | "yes" | "list" | "any";

function sortOf(schema: Schema | undefined): Sort {
  const types = schema ? typesOf(schema).filter((type) => type !== "null") : [];
  if (types.length !== 1) return "any";
  switch (types[0]) {
    case "boolean": return "yes";
    case "integer": case "number": return "number";
    case "array": case "object": return "list";
    default: return "text";
  }
}

const operators: Record<Sort, Operator[]> = {
  text: ["is", "isNot", "oneOf", "contains", "containsNot", "startsWith", "endsWith", "empty", "notEmpty"], number: ["is", "isNot", "more", "less", "atLeast", "atMost"], yes: ["yes", "no"], list: ["notEmpty", "empty"],
  any: ["is", "isNot", "more", "less", "atLeast", "atMost", "oneOf", "contains", "containsNot", "startsWith", "endsWith", "empty", "notEmpty", "yes", "no"],
};

function ClauseRow({ at, clause, suggestions, onChange, onRemove }: { at: number; clause: Clause; suggestions: Suggestion[]; onChange: (clause: Clause) => void; onRemove: () => void }) {
  const schema = suggestions.find((one) => one.expression === clause.path)?.schema;
  const sort = sortOf(schema);
  const offered = operators[sort].includes(clause.operator) ? operators[sort] : [...operators[sort], clause.operator];
  const paths = suggestions.some((one) => one.expression === clause.path) ? suggestions : [...suggestions, { expression: clause.path, label: clause.path }];
  const choices = (schema?.enum ?? []).filter((value) => typeof value !== "object").map(String);
  const number = `${at + 1}`;
  const setValue = (text: string) => onChange({ ...clause, value: clause.operator === "oneOf" ? text.split(",").map((part) => valueOf(part.trim(), sort)).filter((part) => part !== "") : valueOf(text, sort) });
  const shown = Array.isArray(clause.value) ? clause.value.map(String).join(", ") : clause.value === null ? "" : String(clause.value);
  return (
    <div className="clause" data-testid={`clause-${at}`}>
      <div className="clause-words">
        <Select label={`${words.what} ${number}`} testId={`clause-path-${at}`} value={clause.path} options={paths.map((one) => ({ value: one.expression, label: one.label, note: one.label === one.expression ? undefined : one.expression }))}
          onChange={(path) => { const next = operators[sortOf(suggestions.find((one) => one.expression === path)?.schema)]; onChange({ ...clause, path, operator: next.includes(clause.operator) ? clause.operator : (next[0] ?? "is"), value: null }); }} />
        <Select label={`${words.how} ${number}`} testId={`clause-operator-${at}`} value={clause.operator} options={offered.map((operator) => ({ value: operator, label: words.operators[operator] }))} onChange={(operator) => onChange({ ...clause, operator, value: takesValue(operator) ? clause.value : null })} />
        {!takesValue(clause.operator) ? null : choices.length > 0 && (clause.operator === "is" || clause.operator === "isNot")
          ? <Select label={`${words.value} ${number}`} testId={`clause-value-${at}`} value={clause.value === null ? null : String(clause.value)} placeholder={words.choose} options={choices.map((choice) => ({ value: choice, label: choice }))} onChange={setValue} />
          : <Draft label={`${words.value} ${number}`} testId={`clause-value-${at}`} value={shown} placeholder={clause.operator === "oneOf" ? words.listPlaceholder : words.valuePlaceholder} onCommit={setValue} />}
      </div>
      <IconButton label={`${words.remove} ${number}`} onPress={onRemove} data-testid={`clause-remove-${at}`}><Trash2 size={14} /></IconButton>
    </div>
  );
}

/** What is typed is a text, unless the value it is held against is a number. */
function valueOf(text: string, sort: Sort): Json {
  if (sort === "text" || text === "") return text;
  const literal = readLiteral(text);
  return typeof literal === "number" || typeof literal === "boolean" ? literal : text;
}
