import { ReactFlowProvider } from "@xyflow/react";
import { useMemo, useState } from "react";
import { useQuery } from "../bridge/queries";
import type { InsideView, Manifest } from "../bridge/types";
import { Dialog } from "../design/Dialog";
import { Empty, ErrorCallout, Waiting } from "../design/feedback";
import { Said } from "../design/Said";
import { edgesOfPlan } from "../graph/view";
import { insideWords } from "../text/drift";
import { words } from "../text/words";
import { GraphCanvas } from "../canvas/GraphCanvas";
import { canDraw, manifestOf, placesOf } from "../canvas/readOnly";
import { type CanvasStep, nothing, type Selection } from "../canvas/types";
import { useFirstFit } from "../canvas/useFit";
import { ModeTag } from "./Postcard";

/** Whose inside: a step of a workflow as it stands, or of a run as it was done. */
export type Inside = { run: string; step: string } | { workflow: string; step: string; environment: string | null };

/** The graph inside a step, as its system draws it; nothing can be changed here. */
export function InsideDialog({ of, uses, title, manifests, onClose }: { of: Inside; uses: string; title: string; manifests: Manifest[] | undefined; onClose: () => void }) {
  const ofRun = useQuery("run.inside", "run" in of ? { run: of.run, step: of.step } : null);
  const ofStep = useQuery("step.inside", "run" in of ? null : { workflow: of.workflow, step: of.step, inputs: {}, ...(of.environment ? { environment: of.environment } : {}) });
  const { data, error, loading, retry } = "run" in of ? ofRun : ofStep;
  // What was seen before is shown until it is known that it cannot be seen now.
  const view = error ? undefined : data;
  return (
    <Dialog title={insideWords.title(title)} open onClose={onClose} closeLabel={words.close} width={canDraw(manifests, uses) ? 1040 : 480} testId="inside">
      {error && !loading ? <ErrorCallout title={insideWords.cannot} error={error} retry={retry} retryLabel={words.tryAgain} />
        : view ? <Seen view={view} manifests={manifests} />
        : <div className="inside-canvas" data-empty><Waiting words={insideWords.asking} /></div>}
    </Dialog>
  );
}

function Seen({ view, manifests }: { view: InsideView; manifests: Manifest[] | undefined }) {
  if (view.graph.nodes.length === 0) {
    if (view.cannot) return <p data-testid="inside-nothing"><Said text={view.sentence} /></p>;
    return <div className="inside-canvas" data-empty><Empty title={insideWords.nothing} testId="inside-nothing"><Said text={view.sentence} /></Empty></div>;
  }
  return (
    <div className="stack" style={{ gap: 10 }}>
      <div className="row small" style={{ gap: 8, flexWrap: "wrap" }}>
        <ModeTag mode={view.mode} open={view.mode_open} />
        <span className="muted">{insideWords.in(view.environment)}</span>
        <span className="grow" role="status" data-testid="inside-sentence"><Said text={view.sentence} />{view.more > 0 ? ` ${insideWords.more(view.more)}` : ""}</span>
      </div>
      <div className="inside-canvas"><ReactFlowProvider><Drawn view={view} manifests={manifests} /></ReactFlowProvider></div>
    </div>
  );
}

function Drawn({ view, manifests }: { view: InsideView; manifests: Manifest[] | undefined }) {
  const [selection, setSelection] = useState<Selection>(nothing);
  const edges = useMemo(() => edgesOfPlan(view.graph.edges, null), [view.graph]);
  const steps = useMemo(() => {
    const places = placesOf(view.graph.nodes.map((node) => node.id), edges, view.layout);
    const manifest = manifestOf(manifests, view.uses);
    return view.graph.nodes.map((node): CanvasStep => ({ id: node.id, at: places[node.id] ?? { x: 0, y: 0 }, title: node.title, operation: node.uses, manifest, badges: [], problems: 0, off: false, editable: false }));
  }, [view, edges, manifests]);
  useFirstFit(steps, 0.36);
  return <GraphCanvas steps={steps} edges={edges} selection={selection} onSelect={setSelection} minimap={steps.length > 24} />;
}
