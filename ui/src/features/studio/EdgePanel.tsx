import { Trash2 } from "lucide-react";
import type { WorkflowDocument } from "../../bridge/types";
import type { EdgeView } from "../../graph/view";
import { Button, IconButton } from "../../design/Button";
import { Field, Segmented } from "../../design/fields";
import { type Change, connect, disconnect, setInStep } from "../../graph/edits";
import { studioWords } from "../../text/studio";

const ways = [{ value: "success", label: studioWords.on.success }, { value: "failure", label: studioWords.on.failure }, { value: "always", label: studioWords.on.always }] as const;

/** The selected edge: when it counts, what flows along it. */
export function EdgePanel({ edge, document, apply, onRemoved }: { edge: EdgeView; document: WorkflowDocument; apply: (change: Change) => void; onRemoved: () => void }) {
  const title = (id: string) => document.steps[id]?.title || id;
  return (
    <div className="inspector" data-testid="edge-panel">
      <div>
        <div className="small quiet">{studioWords.edge}</div>
        <div style={{ fontWeight: 600, overflowWrap: "anywhere" }}>{studioWords.connectTitle(title(edge.from), title(edge.to))}</div>
      </div>
      <Field label={studioWords.when} help={studioWords.whenHelp}>
        <Segmented label={studioWords.when} testId="field-on" value={edge.on} options={[...ways]} onChange={(on) => apply({ ...connect(edge.from, edge.to, on), label: "Change an edge" })} />
      </Field>
      {edge.data.length > 0 ? (
        <Field label={studioWords.dataFlows}>
          <ul className="stack" style={{ gap: 4 }}>
            {edge.data.map((flow) => (
              <li key={`${flow.output}${flow.field}`} className="row" style={{ gap: 6 }}>
                <code className="grow ellipsis" title={`${flow.output} → ${flow.field}`}>{flow.output} → {flow.field.slice(1).replaceAll("/", " › ")}</code>
                <IconButton label={studioWords.removeEdge} onPress={() => apply(setInStep(edge.to, `/with${flow.field}`, undefined, "Stop using an output"))}><Trash2 size={14} /></IconButton>
              </li>
            ))}
          </ul>
        </Field>
      ) : null}
      {edge.drawn ? <div><Button look="quiet" data-testid="delete-edge" onPress={() => { apply(disconnect(edge.from, edge.to)); onRemoved(); }}><Trash2 size={14} aria-hidden />{studioWords.removeEdge}</Button></div>
        : <p className="quiet small">{studioWords.dataOnly}</p>}
    </div>
  );
}

/** One step before, in the step's own panel. */
export function EdgeRow({ edge, document, apply }: { edge: EdgeView; document: WorkflowDocument; apply: (change: Change) => void }) {
  const title = document.steps[edge.from]?.title || edge.from;
  return (
    <div className="stack" style={{ gap: 4 }}>
      <div className="row">
        <span className="grow ellipsis" title={title}>{title}</span>
        {edge.drawn ? <IconButton label={studioWords.removeEdge} onPress={() => apply(disconnect(edge.from, edge.to))}><Trash2 size={14} /></IconButton> : null}
      </div>
      <Segmented label={`${studioWords.when}: ${title}`} value={edge.on} options={[...ways]} onChange={(on) => apply({ ...connect(edge.from, edge.to, on), label: "Change an edge" })} />
      {edge.data.map((flow) => <code key={`${flow.output}${flow.field}`} className="quiet small ellipsis">{flow.output} → {flow.field.slice(1).replaceAll("/", " › ")}</code>)}
    </div>
  );
}
