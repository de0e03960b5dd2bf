import "./forms.css";
import { Plus, Trash2, Wrench } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { Choice, Json, JsonObject, Schema, Tried } from "../bridge/types";
import { Button, IconButton } from "../design/Button";
import { Field, Fold } from "../design/fields";
import { at, withValue } from "../graph/pointer";
import { type FieldShape, fieldsOf, isExpression, problemOf } from "../graph/schema";
import { formWords } from "../text/forms";
import { plain } from "../text/format";
import { Control } from "./Control";
import { Expression } from "./Expression";

export interface Suggestion { expression: string; label: string; note?: string | undefined; schema?: Schema | undefined }

/** What an author has beyond an operator: expressions, and choices read live. */
export interface Authoring {
  suggestions: Suggestion[];
  /** Prefixes below which values stand that are known only when it runs. */
  open?: readonly string[];
  /** What an expression gave in the newest run. */
  tryOut?: (text: string) => Promise<Tried>;
  discover: (what: string) => Promise<Choice[]>;
}

export interface FormProps {
  schema: Schema;
  value: JsonObject;
  /** `path` is a JSON pointer below the form's root; `undefined` takes the value away. */
  onChange: (path: string, value: Json | undefined) => void;
  authoring?: Authoring | undefined;
  /** Errors known from elsewhere, by pointer. */
  errors?: ReadonlyMap<string, string>;
  /** What would solve a problem, by pointer: a value to put there instead. */
  fixes?: ReadonlyMap<string, string>;
  /** The errors are all there are: nothing is judged here. */
  judged?: boolean;
  /** Say what is missing before anything was typed. */
  strict?: boolean;
}

/** A form drawn from a JSON Schema. There is no other way forms are made. */
export function SchemaForm(props: FormProps) {
  const fields = fieldsOf(props.schema);
  // What is filled in stays in sight, even where it would fold.
  const front = fields.filter((field) => !field.folded);
  const folded = fields.filter((field) => field.folded);
  const used = folded.filter((field) => at(props.value, field.path) !== undefined).length;
  return (
    <div className="form">
      {front.map((field) => <SchemaField key={field.path} field={field} {...props} />)}
      {folded.length > 0 ? (
        <Fold title={formWords.more} aside={used > 0 ? <span className="count">{used}</span> : null} testId="form-more">
          <div className="form" style={{ paddingTop: 8 }}>{folded.map((field) => <SchemaField key={field.path} field={field} {...props} />)}</div>
        </Fold>
      ) : null}
    </div>
  );
}

function SchemaField({ field, ...props }: FormProps & { field: FieldShape }) {
  const id = useId();
  const value = at(props.value, field.path);
  const { expression, toggle, sent, watch } = useExpressionMode(value, props.authoring !== undefined);
  const said = props.strict === true || value !== undefined;
  const known = props.judged && !said ? undefined : props.errors?.get(field.path);
  const error = known ?? (said && !props.judged ? (problemOf(field, value) ?? undefined) : undefined);
  const name = field.path.slice(1).replaceAll("/", ".");
  const onChange = (next: Json | undefined) => { sent(next); props.onChange(field.path, next); };

  if (field.kind === "group" && !expression) {
    return (
      <fieldset style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }} className="stack">
        <legend className="field-label" style={{ padding: 0, marginBottom: 6 }}>{field.title}</legend>
        <div className="group">
          {fieldsOf(field.schema, field.path).map((child) => <SchemaField key={child.path} field={child} {...props} />)}
        </div>
      </fieldset>
    );
  }

  if (field.kind === "rows" && !expression && (value === undefined || Array.isArray(value))) return <Rows {...props} field={field} value={value ?? []} error={error} />;

  const fallback = field.schema.default;
  const help = [field.help, fallback !== undefined && value === undefined && field.kind !== "switch" && field.kind !== "choice" && isShort(fallback) ? formWords.defaultIs(plain(fallback)) : null].filter(Boolean).join(" ");
  return (
    <Field
      id={id} label={<>{field.title}{field.required || props.authoring ? null : <span className="quiet" style={{ fontWeight: 400 }}> · {formWords.optional}</span>}</>}
      help={help || undefined} error={error} soft={!props.strict && (value === undefined || value === "")}
      aside={props.authoring ? (
        <button
          type="button" className="fx" aria-pressed={expression} aria-label={`${expression ? formWords.fixed : formWords.expression}: ${field.title}`} title={expression ? formWords.fixed : formWords.expression}
          data-testid={`fx-${name}`} onClick={() => { toggle(); if (isExpression(value)) onChange(undefined); }}
        >ƒx</button>
      ) : null}
    >
      {error && props.fixes?.get(field.path) ? <div><Button look="quiet" className="fix" data-testid={`fix-${name}`} onPress={() => { const fix = props.fixes?.get(field.path); if (fix) onChange(fix); }}><Wrench size={13} aria-hidden /><span className="ellipsis">{formWords.takeFix(props.fixes.get(field.path) ?? "")}</span></Button></div> : null}
      <div style={{ display: "contents" }} {...watch}>
        {expression && props.authoring ? <Expression id={id} name={name} value={value === undefined ? "" : plain(value)} onChange={onChange} authoring={props.authoring} />
          : <Control id={id} name={name} field={field} value={value} onChange={onChange} authoring={props.authoring} invalid={error !== undefined && (props.strict === true || value !== undefined)} />}
      </div>
    </Field>
  );
}

/** A list of things, each with fields of its own. */
function Rows({ field, value, error, ...props }: Omit<FormProps, "value"> & { field: FieldShape; value: Json[]; error: string | undefined }) {
  const name = field.path.slice(1).replaceAll("/", ".");
  const root = withValue({}, field.path, value) as JsonObject;
  return (
    <Field label={field.title} help={field.help} error={error}>
      <div className="stack" data-testid={`field-${name}`}>
        {value.map((_, row) => (
          // A row has no name but its place.
          // oxlint-disable-next-line react/no-array-index-key
          <fieldset key={row} className="group" style={{ minWidth: 0 }} aria-label={formWords.rowOf(field.title, row + 1)}>
            <div className="row"><span className="grow quiet small">{row + 1}</span><IconButton label={`${formWords.removeRow} ${row + 1}`} onPress={() => props.onChange(field.path, value.length === 1 ? undefined : value.filter((_, other) => other !== row))}><Trash2 size={14} /></IconButton></div>
            {fieldsOf(field.schema.items ?? {}, `${field.path}/${row}`).map((child) => <SchemaField key={child.path} field={child} {...props} value={root} onChange={(path, next) => props.onChange(field.path, at(withValue(root, path, next), field.path))} />)}
          </fieldset>
        ))}
        <div><Button look="quiet" onPress={() => props.onChange(field.path, [...value, {}])} data-testid={`add-${name}`}><Plus size={14} aria-hidden />{formWords.addRow}</Button></div>
      </div>
    </Field>
  );
}

/**
 * Whether a field is shown as an expression. What one types never swaps the control under one's hands, with
 * the caret in it; only the switch does, or a change from elsewhere (undo, the text).
 */
function useExpressionMode(value: Json | undefined, authoring: boolean) {
  const written = isExpression(value);
  const [mode, setMode] = useState(written);
  const [before, setBefore] = useState(value);
  const inside = useRef(false);
  const own = useRef<Json | undefined>(value);
  const same = (one: Json | undefined, other: Json | undefined) => JSON.stringify(one) === JSON.stringify(other);
  useEffect(() => {
    if (same(value, before)) return;
    setBefore(value);
    if (!inside.current && !same(value, own.current) && value !== undefined) setMode(written);
  }, [value, before, written]);
  return {
    expression: authoring ? mode : written,
    toggle: () => setMode(!mode),
    sent: (next: Json | undefined) => { own.current = next; },
    watch: { onFocus: () => { inside.current = true; }, onBlur: () => { inside.current = false; } },
  };
}

function isShort(value: Json): boolean {
  return value !== null && value !== "" && (typeof value !== "object" ? String(value).length < 40 : false);
}
