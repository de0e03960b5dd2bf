import { Plus, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Json } from "../bridge/types";
import { Button, IconButton } from "../design/Button";
import { Segmented, Select } from "../design/fields";
import { type FieldShape, isExpression, oneOrMany, typesOf } from "../graph/schema";
import { formWords } from "../text/forms";
import { plain, titleOf } from "../text/format";
import { Discover } from "./Discover";
import { Draft } from "./Draft";
import type { Authoring } from "./SchemaForm";

interface Props { id: string; name: string; field: FieldShape; value: Json | undefined; onChange: (value: Json | undefined) => void; authoring?: Authoring | undefined; invalid: boolean }

/** The control for one field, by its kind. */
export function Control(props: Props) {
  const { id, name, field, value, onChange, authoring, invalid } = props;
  const testId = `field-${name}`;
  const text = value === undefined || value === null ? "" : plain(value);
  const example = field.schema.examples?.[0];
  const placeholder = example !== undefined ? plain(example) : undefined;
  const setText = (next: string) => onChange(next === "" ? undefined : next);

  switch (field.kind) {
    case "switch": {
      const shown = value ?? field.schema.default ?? null;
      return <Segmented label={field.title} testId={testId} value={shown === null ? null : String(shown)} onChange={(next) => onChange(next === "true")} options={[{ value: "true", label: formWords.yes }, { value: "false", label: formWords.no }]} />;
    }
    case "choice": {
      const choices = field.schema.enum ?? [];
      const shown = value ?? field.schema.default;
      const pick = (next: string) => onChange(choices.find((choice) => String(choice) === next));
      const options = choices.map((choice) => ({ value: String(choice), label: typeof choice === "string" && /^[a-z_ -]+$/.test(choice) ? titleOf(choice) : String(choice) }));
      const short = options.length <= 4 && options.reduce((sum, option) => sum + option.label.length, 0) < 34;
      const current = shown === undefined ? null : String(shown);
      return short ? <Segmented label={field.title} options={options} value={current} onChange={pick} testId={testId} />
        : <Select id={id} label={field.title} options={options} value={current} onChange={pick} placeholder={formWords.choose} testId={testId} invalid={invalid} />;
    }
    case "number":
      return <Draft id={id} testId={testId} value={text} inputMode={typesOf(field.schema).includes("integer") ? "numeric" : "decimal"} invalid={invalid} placeholder={placeholder}
        onCommit={(next) => onChange(next.trim() === "" ? undefined : Number.isFinite(Number(next)) ? Number(next) : next)} />;
    case "list":
      return <Lines {...props} testId={testId} />;
    case "hosts":
      return value !== undefined && !isHostList(value) ? <AnyValue {...props} testId={testId} /> : <Hosts {...props} testId={testId} />;
    case "table":
      return value === undefined || (value !== null && typeof value === "object" && !Array.isArray(value)) ? <Pairs {...props} testId={testId} /> : <AnyValue {...props} testId={testId} />;
    case "rows": case "any": case "group":
      return <AnyValue {...props} testId={testId} />;
    case "multiline":
      return <Draft id={id} testId={testId} value={text} multiline rows={3} onCommit={setText} invalid={invalid} placeholder={placeholder} />;
    default:
      // A file's name, or the thing itself written out in the document.
      if (value !== null && typeof value === "object") return <AnyValue {...props} testId={testId} />;
      if (field.discover && authoring) return <Discover id={id} testId={testId} value={text} what={field.discover} discover={authoring.discover} onChange={setText} invalid={invalid} placeholder={placeholder} />;
      return <Draft id={id} testId={testId} value={text} onCommit={setText} invalid={invalid} placeholder={placeholder} mono={field.kind === "path"} />;
  }
}

function Lines({ id, field, value, onChange, invalid, testId }: Props & { testId: string }) {
  const lines = Array.isArray(value) ? value.map((item) => plain(item)) : value === undefined || value === null ? [] : [plain(value)];
  return <Draft id={id} testId={testId} multiline rows={Math.min(6, Math.max(2, lines.length))} mono value={lines.join("\n")} placeholder={formWords.listHelp} invalid={invalid}
    onCommit={(text) => {
      const items = text.split("\n").map((line) => line.trim()).filter(Boolean);
      const one = oneOrMany(field.schema);
      const each = one ?? field.schema.items;
      const numbers = each && typesOf(each).every((type) => type === "integer" || type === "number");
      const values = items.map((item) => (numbers && Number.isFinite(Number(item)) ? Number(item) : item));
      onChange(values.length === 0 ? undefined : one && values.length === 1 ? values[0] : values);
    }} />;
}

function isHostList(value: Json): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  if (value === null || typeof value !== "object") return false;
  const keys = Object.keys(value);
  // One expression may give them all.
  return keys.length === 1 && keys[0] === "hosts" && (isExpression(value.hosts) || (Array.isArray(value.hosts) && value.hosts.every((item) => typeof item === "string")));
}

/** Hosts as people write them: one a line. Kept in the shape that the document has. */
function Hosts({ id, value, onChange, invalid, testId }: Props & { testId: string }) {
  const wrapped = !Array.isArray(value);
  const written = Array.isArray(value) ? value : value && typeof value === "object" ? value.hosts : [];
  const hosts = (Array.isArray(written) ? written : [written]) as string[];
  return <Draft id={id} testId={testId} multiline mono rows={Math.min(6, Math.max(2, hosts.length))} value={hosts.join("\n")} placeholder={formWords.hostsHelp} invalid={invalid}
    onCommit={(text) => {
      const items = text.split("\n").map((line) => line.trim()).filter(Boolean);
      const hosts = items.length === 1 && isExpression(items[0]) ? (items[0] as string) : items;
      onChange(items.length === 0 ? undefined : wrapped || !Array.isArray(hosts) ? { hosts } : hosts);
    }} />;
}

interface FreshRow { id: number; name: string | null }
const freshKey = (row: FreshRow | undefined) => (row ? `fresh ${row.id}` : undefined);

/** A table of names and values. */
function Pairs({ value, onChange, testId, name }: Props & { testId: string }) {
  // A row that was begun keeps its place while the document takes it in: nothing jumps under the pointer.
  const [fresh, setFresh] = useState<FreshRow[]>([]);
  const box = useRef<HTMLDivElement>(null);
  const object = useMemo(() => (value ?? {}) as Record<string, Json>, [value]);
  // After a name was given, one goes on with its value; but not away from what one does by now.
  const goTo = useRef<string | null>(null);
  useEffect(() => {
    if (goTo.current === null || !(goTo.current in object)) return;
    const at = document.activeElement;
    if (at === null || at === document.body || box.current?.contains(at)) document.querySelector<HTMLElement>(`[data-testid="field-${name}.${goTo.current.replaceAll('"', "")}"]`)?.focus();
    goTo.current = null;
  }, [object, name]);
  const rows = Object.entries(object);
  const begun = fresh.filter((row) => row.name === null || !(row.name in object));
  const write = (next: [string, Json][]) => onChange(next.length === 0 ? undefined : Object.fromEntries(next));
  const nameFresh = (id: number, next: string) => {
    if (!next || next in object) return;
    setFresh((all) => all.map((row) => (row.id === id ? { id, name: next } : row)));
    goTo.current = next;
    write([...rows, [next, ""]]);
  };
  return (
    <div className="stack" style={{ gap: 6 }} data-testid={testId} ref={box}>
      {rows.length + begun.length > 0 ? (
        <div className="pairs">
          {/* One list, so that a row which the document took in stays the same fields, with the caret in them. */}
          {[...rows.map(([key, item], at) => (
            <PairRow key={freshKey(fresh.find((row) => row.name === key)) ?? key} name={key} value={item} testId={`${name}.${key}`}
              onName={(next) => { if (next && next !== key && !(next in object)) write(rows.map((row, n) => (n === at ? [next, row[1]] : row))); }}
              onValue={(next) => write(rows.map((row, n) => (n === at ? [row[0], next] : row)))}
              onRemove={() => { setFresh((all) => all.filter((row) => row.name !== key)); write(rows.filter((_, n) => n !== at)); }} />
          )), ...begun.map((row) => (
            <PairRow key={freshKey(row)} name={row.name ?? ""} value="" testId={`${name}.new`} onName={(next) => nameFresh(row.id, next)}
              onValue={(next) => { if (row.name !== null) write([...rows, [row.name, next]]); }} onRemove={() => setFresh((all) => all.filter((one) => one.id !== row.id))} />
          ))]}
        </div>
      ) : null}
      <div><Button look="quiet" onPress={() => setFresh((all) => [...all, { id: all.reduce((most, row) => Math.max(most, row.id), 0) + 1, name: null }])} data-testid={`add-${name}`}><Plus size={14} aria-hidden />{formWords.addRow}</Button></div>
    </div>
  );
}

function PairRow({ name, value, onName, onValue, onRemove, testId }: { name: string; value: Json; onName: (name: string) => void; onValue: (value: Json) => void; onRemove: () => void; testId: string }) {
  return (
    <>
      <Draft value={name} label={formWords.name} placeholder={formWords.name} mono onCommit={(next) => onName(next.trim())} testId={`key-${testId}`} />
      <Draft value={typeof value === "string" ? value : JSON.stringify(value)} label={`${formWords.value} ${name}`} placeholder={formWords.value} onCommit={(next) => onValue(readValue(next))} testId={`field-${testId}`} />
      <IconButton label={`${formWords.removeRow} ${name}`} onPress={onRemove}><Trash2 size={14} /></IconButton>
    </>
  );
}

/** Text, unless it is plainly something else. */
function readValue(text: string): Json {
  const trimmed = text.trim();
  if (/^(-?(0|[1-9]\d*)(\.\d+)?|true|false|null|\[.*\]|\{.*\})$/s.test(trimmed) && !trimmed.startsWith("{{")) {
    try {
      return JSON.parse(trimmed) as Json;
    } catch {
      return text;
    }
  }
  return text;
}

/** A value of any shape, for authors; text stays text. */
function AnyValue({ id, value, onChange, invalid, testId }: Props & { testId: string }) {
  const text = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return <Draft id={id} testId={testId} multiline mono rows={Math.min(8, Math.max(2, text.split("\n").length))} value={text} placeholder={formWords.anyHelp} invalid={invalid} onCommit={(next) => onChange(next.trim() === "" ? undefined : readValue(next))} />;
}
