import { Boxes, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import type { Json, Manifest, Operation, Step, WorkflowDocument } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Callout } from "../../design/feedback";
import { Field, Fold } from "../../design/fields";
import { Mark } from "../../design/Mark";
import { MeaningIcon, severityMeaning } from "../../design/meaning";
import { Draft } from "../../forms/Draft";
import { SchemaForm } from "../../forms/SchemaForm";
import { type Change, setInStep } from "../../graph/edits";
import { pointer } from "../../graph/pointer";
import { Said } from "../../design/Said";
import { InsideDialog } from "../../summary/Inside";
import { insideWords } from "../../text/drift";
import { studioWords } from "../../text/studio";
import { useEnvironment } from "../../window/environment";
import { useSteady } from "../../window/press";
import { say } from "../../window/toasts";
import { Behaviour } from "./Behaviour";
import { Condition } from "./Condition";
import { EdgeRow } from "./EdgePanel";
import { Slots } from "./Slots";
import { fixesOf } from "./fixes";
import { conditionsFor, openPrefixes, suggestionsFor } from "./suggestions";
import type { OpenDocument } from "./useDocument";

interface Props { workflow: string; id: string; step: Step; document: WorkflowDocument; open: OpenDocument; manifests: Manifest[] | undefined; onRename: (to: string) => void; onDelete: () => void; apply: (change: Change) => void }

/** The selected step: what a person needs first, the rest folded. */
export function Inspector({ workflow, id, step, document, open, manifests, onRename, onDelete, apply }: Props) {
  const { current } = useEnvironment();
  const manifest = manifests?.find((m) => m.id === step.uses.split("/")[0]);
  const operation = manifest?.operations.find((op) => op.name === step.uses);
  const { edges } = open;
  const before = edges.filter((edge) => edge.to === id);
  const diagnostics = (open.view?.diagnostics ?? []).filter((d) => d.address.step === id);
  const errors = useMemo(() => {
    const map = new Map<string, string>();
    const start = pointer("steps", id, "with");
    for (const d of open.view?.diagnostics ?? []) if (d.address.step === id && d.address.field?.startsWith(`${start}/`)) map.set(d.address.field.slice(start.length), [d.detail, d.hint].filter(Boolean).join(" "));
    return map;
  }, [open.view?.diagnostics, id]);
  const fixes = useMemo(() => fixesOf(open.view?.diagnostics ?? [], id), [open.view?.diagnostics, id]);
  // Problems of no field stand under the form, where their coming and going moves nothing.
  const elsewhere = useSteady(diagnostics).filter((d) => !errors.has(d.address.field?.slice(pointer("steps", id, "with").length) ?? ""));
  const authoring = useMemo(() => ({
    suggestions: suggestionsFor(id, document, edges, manifests, current),
    open: openPrefixes(document, manifests),
    tryOut: (text: string) => call("expression.try", { workflow, text }),
    discover: (what: string) => call("connector.discover", { workflow, step: id, what, ...(current ? { environment: current.name } : {}) }),
  }), [id, document, edges, manifests, current, workflow]);
  const environments = useQuery("workspace.get", {}).data?.environments;
  const asked = useMemo(() => [...authoring.suggestions, ...conditionsFor(id, document, edges, environments?.map((one) => one.name) ?? [])], [authoring, id, document, edges, environments]);
  const set = (path: string, value: Json | undefined, label: string) => apply(setInStep(id, path, value, label));

  return (
    <div className="inspector-whole" data-testid="inspector">
      <div className="inspector scroll">
        <header className="row" style={{ gap: 10 }}>
          <Mark manifest={manifest} size={36} />
          <div className="grow">
            <div className="small quiet ellipsis">{manifest?.label ?? step.uses}</div>
            <div className="ellipsis" style={{ fontWeight: 600 }}>{operation?.title ?? step.uses}</div>
          </div>
        </header>
        {operation ? <p className="muted small"><Said text={operation.summary} /></p> : manifests ? <Callout tone="bad">{studioWords.unknownOperation(step.uses)}</Callout> : null}
        {operation ? <InsideAction workflow={workflow} id={id} title={step.title || id} manifests={manifests} operation={operation} environment={current?.name ?? null} /> : null}
        <Field label={studioWords.title} id="step-title">
          <Draft id="step-title" testId="field-title" value={step.title ?? ""} placeholder={id} onCommit={(title) => set("/title", title || undefined, "Rename a step")} />
        </Field>
        {operation ? (
          Object.keys(operation.input.properties ?? {}).length === 0 ? <p className="quiet">{studioWords.noInputs}</p> : (
            <SchemaForm key={id} schema={operation.input} value={step.with} errors={errors} fixes={fixes} authoring={authoring} onChange={(path, value) => set(`/with${path}`, value, "Change an input")} />
          )
        ) : null}
        {operation && operation.credentials.length > 0 ? (
          <Fold title={studioWords.credentials} open={operation.credentials.some((port) => port.required) || Object.keys(step.credentials).length > 0} aside={<span className="count">{Object.keys(step.credentials).length}</span>} testId="step-credentials">
            <div style={{ paddingTop: 4 }}><Slots id={id} step={step} ports={operation.credentials} document={document} apply={apply} /></div>
          </Fold>
        ) : null}
        <Fold title={studioWords.flow} aside={<span className="count">{before.length}</span>}>
          <div className="stack" style={{ paddingTop: 4 }}>
            {before.length === 0 ? <p className="quiet">{studioWords.flowNone}</p> : null}
            {before.map((edge) => <EdgeRow key={edge.from} edge={edge} document={document} apply={apply} />)}
          </div>
        </Fold>
        <Fold title={studioWords.condition} open={Boolean(step.if)} aside={step.if ? <span className="count">1</span> : null} testId="condition">
          <div style={{ paddingTop: 8 }} className="stack">
            <Condition key={id} id={id} value={step.if ?? ""} suggestions={asked} open={authoring.open} tryOut={authoring.tryOut} onChange={(text) => set("/if", text || undefined, "Change a condition")} />
            {before.length > 0 ? <p className="quiet small">{studioWords.conditionNeeds(before.map((edge) => studioWords.conditionNeed(document.steps[edge.from]?.title || edge.from, edge.on)), String(step.join))}</p> : null}
          </div>
        </Fold>
        <Behaviour id={id} step={step} parents={before.length} operation={operation} set={set} />
        <Fold title={studioWords.id} aside={<code className="quiet">{id}</code>}>
          <Field label={studioWords.id} help={studioWords.idHelp} id="step-id">
            <Draft id="step-id" testId="field-id" mono value={id} onCommit={(to) => {
              if (!/^[a-z][a-z0-9_]*$/.test(to)) say({ tone: "bad", title: studioWords.idForm });
              else if (document.steps[to]) say({ tone: "bad", title: studioWords.idTaken });
              else onRename(to);
            }} />
          </Field>
        </Fold>
      </div>
      <footer className="inspector-foot">
        {elsewhere.map((d) => (
          <p key={`${d.code}${d.address.field}`} className="field-error" data-tone={severityMeaning[d.severity].tone} style={{ color: "var(--tone)" }}>
            <MeaningIcon meaning={severityMeaning[d.severity]} size={13} /><span><Said text={d.detail} /> <Said text={d.hint} /></span>
          </p>
        ))}
        <div><Button look="quiet" className="flush" onPress={onDelete} data-testid="delete-step"><Trash2 size={14} aria-hidden />{studioWords.deleteStep}</Button></div>
      </footer>
    </div>
  );
}

/** The way into the step; where there is none, why not. */
function InsideAction({ workflow, id, title, manifests, operation, environment }: { workflow: string; id: string; title: string; manifests: Manifest[] | undefined; operation: Operation; environment: string | null }) {
  const [open, setOpen] = useState(false);
  if (operation.name === "workflow/call") return null;
  return (
    <>
      <div><Button look="quiet" className="flush" onPress={() => setOpen(true)} data-testid="inside-open"><Boxes size={14} aria-hidden />{insideWords.open}</Button></div>
      {open ? <InsideDialog of={{ workflow, step: id, environment }} uses={operation.name} title={title} manifests={manifests} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
