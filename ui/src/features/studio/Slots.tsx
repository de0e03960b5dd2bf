import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { CredentialPort, Step, WorkflowDocument } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { Field, Select } from "../../design/fields";
import { type Change, freeId, setInStep } from "../../graph/edits";
import { pointer } from "../../graph/pointer";
import { studioWords } from "../../text/studio";

const none = "(none)";
const fresh = "(new)";

/** Which slot of the workflow goes where in this step. */
export function Slots({ id, step, ports, document, apply }: { id: string; step: Step; ports: CredentialPort[]; document: WorkflowDocument; apply: (change: Change) => void }) {
  const [name, setName] = useState("");
  const open = ports.find((port) => port.name.endsWith(".*"));
  const secrets = open ? Object.keys(step.credentials).filter((port) => port.startsWith(open.name.slice(0, -1))) : [];
  const choose = (port: string, kind: string, slot: string) => {
    if (slot === none) apply(setInStep(id, pointer("credentials", port), undefined, "Take a credential away"));
    else if (slot === fresh) {
      const made = freeSlot(document, port, kind);
      apply({ label: "Add a credential slot", moves: {}, edits: [{ edit: "set_field", pointer: pointer("credentials", made), value: { type: kind } }, { edit: "set_field", pointer: pointer("steps", id, "credentials", port), value: made }] });
    } else apply(setInStep(id, pointer("credentials", port), slot, "Choose a credential"));
  };
  const add = () => {
    const clean = name.trim().replace(/[^A-Za-z0-9_]/g, "_");
    if (!open || !clean) return;
    setName("");
    choose(`${open.name.slice(0, -1)}${clean}`, open.kind, fresh);
  };
  return (
    <div className="stack" style={{ gap: 12 }}>
      {ports.filter((port) => port !== open).map((port) => <SlotField key={port.name} label={port.title} port={port.name} kind={port.kind} value={step.credentials[port.name]} document={document} onChoose={choose} />)}
      {open && secrets.map((port) => (
        <div key={port} className="row" style={{ alignItems: "flex-end", gap: 4 }}>
          <div className="grow"><SlotField label={port.slice(open.name.length - 1)} port={port} kind={open.kind} value={step.credentials[port]} document={document} onChoose={choose} /></div>
          <IconButton label={studioWords.removeSecret} onPress={() => choose(port, open.kind, none)}><Trash2 size={14} /></IconButton>
        </div>
      ))}
      {open ? (
        <Field label={studioWords.secrets} help={open.title}>
          <form className="row" style={{ gap: 4 }} onSubmit={(event) => { event.preventDefault(); add(); }}>
            <input className="input mono grow" value={name} placeholder={studioWords.secretName} aria-label={studioWords.secretName} onChange={(event) => setName(event.target.value)} data-testid="new-secret" />
            <Button type="submit" isDisabled={!name.trim()} data-testid="add-secret"><Plus size={14} aria-hidden />{studioWords.addSecret}</Button>
          </form>
        </Field>
      ) : null}
    </div>
  );
}

function freeSlot(document: WorkflowDocument, port: string, kind: string): string {
  return freeId(kind === "secret" ? (port.split(".")[1] ?? kind) : kind === "aws" ? "cloud" : kind, Object.keys(document.credentials));
}

function SlotField({ label, port, kind, value, document, onChoose }: { label: string; port: string; kind: string; value: string | undefined; document: WorkflowDocument; onChoose: (port: string, kind: string, slot: string) => void }) {
  const slots = Object.entries(document.credentials).filter(([, slot]) => slot.type === kind);
  return (
    <Field label={label}>
      <Select label={label} testId={`field-credential-${port}`} value={value ?? none} onChange={(slot) => onChoose(port, kind, slot)}
        options={[{ value: none, label: studioWords.noSlot }, ...slots.map(([name, slot]) => ({ value: name, label: name, note: slot.title })), { value: fresh, label: `${studioWords.newSlot}: ${freeSlot(document, port, kind)}` }]} />
    </Field>
  );
}
