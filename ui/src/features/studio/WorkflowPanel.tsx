import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Diagnostic, Json, WorkflowDocument } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { Field, Fold, Select } from "../../design/fields";
import { Completion } from "../../forms/Completion";
import { Draft } from "../../forms/Draft";
import { type Change, freeId, setField } from "../../graph/edits";
import { pointer } from "../../graph/pointer";
import { studioWords } from "../../text/studio";

/** With nothing selected: the workflow itself, and what it asks before a run. */
export function WorkflowPanel({ document, diagnostics, apply }: { document: WorkflowDocument; diagnostics: readonly Diagnostic[]; apply: (change: Change) => void }) {
  const set = (path: string, value: Json | undefined, label: string) => apply(setField(path, value, label));
  const [fresh, setFresh] = useState("");
  const inputs = Object.entries(document.inputs);
  const slots = Object.entries(document.credentials);
  const problemAt = (field: string) => {
    const found = diagnostics.find((d) => d.address.field === field);
    return found ? [found.detail, found.hint].filter(Boolean).join(" ") : undefined;
  };
  const add = () => {
    const name = freeId(fresh || "input", Object.keys(document.inputs));
    set(pointer("inputs", name), { type: "string", ...(fresh ? { title: fresh } : {}) }, "Add a question");
    setFresh("");
  };
  return (
    <div className="inspector" data-testid="workflow-panel">
      <div className="small quiet">{studioWords.workflow}</div>
      <Field label={studioWords.name} id="workflow-name"><Draft id="workflow-name" testId="field-workflow-name" value={document.name} onCommit={(name) => set("/name", name, "Rename the workflow")} /></Field>
      <Field label={studioWords.description} id="workflow-description"><Draft id="workflow-description" testId="field-workflow-description" multiline rows={2} value={document.description ?? ""} onCommit={(text) => set("/description", text || undefined, "Describe the workflow")} /></Field>
      <Fold title={studioWords.workflowInputs} open aside={<span className="count">{inputs.length}</span>}>
        <div className="stack" style={{ paddingTop: 4, gap: 12 }}>
          {inputs.length === 0 ? <p className="quiet">{studioWords.inputNone}</p> : null}
          {inputs.map(([name, schema]) => (
            <div key={name} className="stack" style={{ gap: 4 }}>
              <div className="row"><code className="grow ellipsis">{name}</code><IconButton label={`Remove ${name}`} onPress={() => set(pointer("inputs", name), undefined, "Remove a question")}><Trash2 size={14} /></IconButton></div>
              <Draft label={`${studioWords.inputTitle} ${name}`} value={schema.title ?? ""} placeholder={studioWords.inputTitle} testId={`field-input-${name}`} onCommit={(title) => set(pointer("inputs", name, "title"), title || undefined, "Change a question")} />
              <Select label={`${studioWords.inputType} ${name}`} value={typeof schema.type === "string" ? schema.type : null} options={Object.entries(studioWords.inputTypes).map(([value, label]) => ({ value, label }))} onChange={(type) => set(pointer("inputs", name, "type"), type, "Change a question")} />
              {inputs.length > 1 || schema.when !== undefined ? (
                <Field label={studioWords.inputWhen} id={`input-when-${name}`} error={problemAt(pointer("inputs", name, "when"))}>
                  <Completion id={`input-when-${name}`} testId={`field-input-when-${name}`} bare open={[]} value={schema.when === undefined ? "" : String(schema.when)} placeholder={studioWords.inputAlways}
                    suggestions={inputs.filter(([other]) => other !== name).map(([other, its]) => ({ expression: `inputs.${other}`, label: its.title ?? other }))}
                    onCommit={(text) => set(pointer("inputs", name, "when"), text.trim() || undefined, "Change when a question is asked")} />
                </Field>
              ) : null}
            </div>
          ))}
          <form className="row" onSubmit={(event) => { event.preventDefault(); add(); }}>
            <input className="input grow" value={fresh} placeholder={studioWords.inputTitle} aria-label={studioWords.addInput} onChange={(event) => setFresh(event.target.value)} data-testid="new-input" />
            <Button type="submit" data-testid="add-input"><Plus size={14} aria-hidden />{studioWords.addInput}</Button>
          </form>
        </div>
      </Fold>
      <Fold title={studioWords.slots} aside={<span className="count">{slots.length}</span>}>
        <ul className="stack" style={{ paddingTop: 4 }}>
          {slots.length === 0 ? <li className="quiet">{studioWords.slotsNone}</li> : null}
          {slots.map(([name, slot]) => <li key={name} className="row"><code className="grow ellipsis">{name}</code><span className="quiet">{slot.type}</span></li>)}
        </ul>
      </Fold>
    </div>
  );
}
