import { useReactFlow } from "@xyflow/react";
import { PanelLeftOpen, PanelRightClose, PanelRightOpen } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { Operation, Point } from "../../bridge/types";
import { GraphCanvas } from "../../canvas/GraphCanvas";
import { edgeId, nothing, type Selection } from "../../canvas/types";
import { useFirstFit, useFit } from "../../canvas/useFit";
import { Button, IconButton } from "../../design/Button";
import { Empty } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { GraphPicture } from "../../design/Logo";
import { type AddOptions, addStep, type Change, connect, disconnect, flow as flowChange, freePlace, makeRoom, moveSteps, removeSteps, wouldCircle } from "../../graph/edits";
import { nodeSize } from "../../graph/size";
import { studioWords } from "../../text/studio";
import { words } from "../../text/words";
import { type Action, useRegisterActions } from "../../window/actions";
import { usePreferences } from "../../window/preferences";
import { go } from "../../window/route";
import { BottomBar, type Drawer, Outline, Problems } from "./BottomBar";
import { ConnectPanel } from "./ConnectPanel";
import { EdgePanel } from "./EdgePanel";
import { Find } from "./Find";
import { Inspector } from "./Inspector";
import { StepPalette } from "./Palette";
import { QuickAdd } from "./QuickAdd";
import { seenOutputs } from "./suggestions";
import { useCanvasSteps } from "./useCanvasSteps";
import type { OpenDocument } from "./useDocument";
import { usePaletteDrag } from "./usePaletteDrag";
import { WorkflowPanel } from "./WorkflowPanel";

// The editor is a third of the studio's weight and is not needed to begin.
const TextPanel = lazy(() => import("./TextPanel").then((module) => ({ default: module.TextPanel })));

const focusCanvas = () => window.document.querySelector<HTMLElement>(".canvas")?.focus({ preventScroll: true });

/** The studio with a document on it: palette, canvas, panel, bar. */
export function Desk({ workflow, open, step }: { workflow: string; open: OpenDocument; step: string | null }) {
  const { view, document, edges, change } = open;
  const manifests = useQuery("connector.list", {}).data;
  const steps = useCanvasSteps(document, view, edges, manifests);
  const reactFlow = useReactFlow();
  const fit = useFit();
  useFirstFit(steps, 0.62);
  const [selection, setSelection] = useState<Selection>(step ? { steps: [step], edge: null } : nothing);
  const [quick, setQuick] = useState<{ at: Point; after: string | null; place: Point | null } | null>(null);
  const [connecting, setConnecting] = useState<{ from: string; to: string; at: Point } | null>(null);
  const [drawer, setDrawer] = useState<Drawer>(null);
  const [side, setSide] = useState<"panel" | "text">("panel");
  const [finding, setFinding] = useState<{ from: string | null } | null>(null);
  const { paletteOpen, inspectorOpen } = usePreferences();

  const operationOf = useCallback((id: string): Operation | undefined => manifests?.flatMap((m) => m.operations).find((op) => op.name === document?.steps[id]?.uses), [manifests, document]);
  const titleOf = useCallback((id: string) => document?.steps[id]?.title || id, [document]);
  const apply = useCallback((next: Change) => void change(next), [change]);
  const select = useCallback((id: string, show = false) => {
    setSelection({ steps: [id], edge: null });
    const at = steps.find((s) => s.id === id)?.at;
    if (show && at) void reactFlow.setCenter(at.x + nodeSize.width / 2, at.y + nodeSize.height / 2, { zoom: Math.max(0.8, reactFlow.getZoom()), duration: 200 });
  }, [steps, reactFlow]);

  const add = useCallback(async (operation: Operation, wish: Point | null, options: AddOptions = {}) => {
    if (!document) return;
    const before = options.after?.[0] ?? selection.steps[0];
    const from = steps.find((s) => s.id === before)?.at;
    const box = window.document.querySelector(".canvas")?.getBoundingClientRect();
    const middle = box ? reactFlow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 }) : { x: 0, y: 0 };
    const place = wish ? { x: wish.x - nodeSize.width / 2, y: wish.y - nodeSize.height / 2 }
      : freePlace(from ? { x: from.x + nodeSize.width + 80, y: from.y } : { x: middle.x - nodeSize.width / 2, y: middle.y - nodeSize.height / 2 }, steps.map((s) => s.at));
    const made = addStep(document, operation, place, options);
    if (options.splice) Object.assign(made.moves, makeRoom(made.moves[made.id] ?? place, options.splice.to, steps.map((s) => ({ step: s.id, at: s.at })), edges));
    if (await change(made)) setSelection({ steps: [made.id], edge: null });
  }, [document, selection.steps, steps, edges, change, reactFlow]);

  const drag = usePaletteDrag((operation, client, over) => {
    const edge = edges.find((e) => edgeId(e) === over);
    focusCanvas();
    void add(operation, reactFlow.screenToFlowPosition(client), edge ? { splice: edge } : {});
  });

  const refuse = useCallback((from: string, to: string): string | null => {
    if (from === to) return studioWords.refuseSelf;
    return wouldCircle(edges, from, to) ? studioWords.refuseCircle : null;
  }, [edges]);

  const onConnect = useCallback(async (from: string, to: string, at: Point) => {
    if (refuse(from, to)) return;
    const exists = edges.some((e) => e.from === from && e.to === to);
    if (exists || (await change(connect(from, to)))) setConnecting({ from, to, at });
  }, [refuse, edges, change]);

  const remove = useCallback(() => {
    const edge = edges.find((e) => edgeId(e) === selection.edge);
    if (edge?.drawn) apply(disconnect(edge.from, edge.to));
    else if (selection.steps.length > 0) apply(removeSteps(selection.steps));
    else return;
    setSelection(nothing);
    // The node that had the focus goes; the canvas takes it, so that the keys go on to work there.
    if (window.document.activeElement?.closest(".canvas")) focusCanvas();
  }, [edges, selection, apply]);

  const errors = view?.diagnostics.filter((d) => d.severity === "error").length ?? 0;
  const canPreview = errors === 0 && steps.length > 0 && view?.document != null;
  const preview = useCallback(async () => {
    (window.document.activeElement as HTMLElement | null)?.blur();
    await open.settled();
    go({ screen: "preview", workflow });
  }, [open, workflow]);
  const openQuick = useCallback(() => {
    const id = selection.steps[0] ?? null;
    const node = id ? window.document.querySelector(`[data-testid="node-${id}"]`)?.getBoundingClientRect() : null;
    const box = window.document.querySelector(".canvas")?.getBoundingClientRect();
    setQuick({ at: node ? { x: node.right + 16, y: node.top } : { x: (box?.left ?? 0) + (box?.width ?? 0) / 2 - 160, y: (box?.top ?? 0) + (box?.height ?? 0) / 3 }, after: id, place: null });
  }, [selection.steps]);
  const nudge = useCallback((dx: number, dy: number) => {
    const moves = steps.filter((s) => selection.steps.includes(s.id)).map((s) => ({ step: s.id, at: { x: s.at.x + dx, y: s.at.y + dy } }));
    if (moves.length > 0) apply(moveSteps(moves));
  }, [steps, selection.steps, apply]);

  useRegisterActions("studio", useMemo((): Action[] => [
    { id: "studio.add", label: studioWords.quickAdd, keys: "/", run: openQuick },
    { id: "studio.undo", label: studioWords.undo(view?.undo ?? null), keys: "mod+z", enabled: Boolean(view?.undo), run: open.undo },
    { id: "studio.redo", label: studioWords.redo(view?.redo ?? null), keys: "mod+shift+z mod+y", enabled: Boolean(view?.redo), run: open.redo },
    { id: "studio.delete", label: studioWords.deleteSelection, keys: "delete", within: ".canvas", enabled: selection.steps.length > 0 || selection.edge !== null, run: remove },
    { id: "studio.selectAll", label: studioWords.selectAll, keys: "mod+a", within: ".canvas", run: () => setSelection({ steps: steps.map((s) => s.id), edge: null }) },
    { id: "studio.tidy", label: studioWords.tidy, keys: "t", run: () => open.tidy(selection.steps.length > 1 ? selection.steps : undefined) },
    { id: "studio.fit", label: studioWords.fit, keys: "f", run: () => fit(selection.steps.length > 1 ? steps.filter((s) => selection.steps.includes(s.id)) : steps) },
    { id: "studio.connect", label: studioWords.connectFrom, keys: "c", enabled: selection.steps.length === 1, run: () => setFinding({ from: selection.steps[0] ?? null }) },
    { id: "studio.find", label: studioWords.find, keys: "mod+f", whileTyping: false, run: () => setFinding({ from: null }) },
    { id: "studio.text", label: studioWords.focusText, keys: "mod+e", whileTyping: true, run: () => setSide((s) => (s === "text" ? "panel" : "text")) },
    { id: "studio.outline", label: studioWords.focusOutline, keys: "mod+o", run: () => setDrawer((d) => (d === "outline" ? null : "outline")) },
    { id: "studio.problems", label: studioWords.showProblems, keys: "mod+shift+m", run: () => setDrawer((d) => (d === "problems" ? null : "problems")) },
    { id: "studio.preview", label: studioWords.preview, keys: "mod+enter", whileTyping: true, enabled: canPreview, run: () => void preview() },
    { id: "studio.clear", label: studioWords.nothingSelected, keys: "Escape".toLowerCase(), quiet: true, enabled: selection.steps.length > 0 || selection.edge !== null, run: () => setSelection(nothing) },
    ...([["arrowleft", -20, 0], ["arrowright", 20, 0], ["arrowup", 0, -20], ["arrowdown", 0, 20]] as const).map(([keys, dx, dy]): Action => ({ id: `studio.${keys}`, label: keys, keys: `alt+${keys}`, quiet: true, enabled: selection.steps.length > 0, run: () => nudge(dx, dy) })),
  ], [openQuick, view?.undo, view?.redo, open, selection, remove, steps, fit, canPreview, preview, nudge]));

  // A step that is gone is not selected.
  useEffect(() => {
    if (!document || selection.steps.every((id) => document.steps[id])) return;
    setSelection((s) => ({ ...s, steps: s.steps.filter((id) => document.steps[id]) }));
  }, [document, selection.steps]);

  const only = selection.steps.length === 1 ? selection.steps[0] : undefined;
  const selectedStep = only ? document?.steps[only] : undefined;
  const selectedEdge = edges.find((e) => edgeId(e) === selection.edge);
  const sideState = side === "text" ? "text" : inspectorOpen ? "panel" : "folded";

  return (
    <div className="studio" data-palette={paletteOpen ? "open" : "folded"} data-side={sideState} data-testid="studio">
      {paletteOpen ? <StepPalette manifests={manifests} drag={drag} onAdd={(operation) => void add(operation, null, only ? { after: [only] } : {})} onFold={() => usePreferences.setState({ paletteOpen: false })} />
        : <div className="studio-folded"><IconButton label={studioWords.unfold} placement="right" onPress={() => usePreferences.setState({ paletteOpen: true })}><PanelLeftOpen size={16} /></IconButton></div>}
      <div className="studio-center">
        <GraphCanvas
          steps={steps} edges={edges} selection={selection} onSelect={setSelection} editable
          onMove={(moves) => apply(moveSteps(moves))} onConnect={(from, to, at) => void onConnect(from, to, at)} refuse={refuse}
          onLoose={(from, at) => setQuick({ at, after: from, place: reactFlow.screenToFlowPosition(at) })}
          onTidy={() => open.tidy(selection.steps.length > 1 ? selection.steps : undefined)} spliceEdge={drag.dragging?.overEdge ?? null}
        >
          {document && steps.length === 0 ? (
            <div className="studio-empty"><Empty picture={<GraphPicture />} title={studioWords.empty.title} actions={<Button onPress={openQuick}>{studioWords.empty.button}</Button>}>{studioWords.empty.body}</Empty></div>
          ) : null}
        </GraphCanvas>
        {drawer ? (
          <div className="drawer scroll">
            {drawer === "problems" ? <Problems open={open} onGo={(id) => { if (id) select(id, true); else setSide("text"); }} />
              : document ? <Outline document={document} edges={edges} selected={selection.steps} onGo={(id) => select(id, true)} onConnect={(from) => setFinding({ from })} /> : null}
          </div>
        ) : null}
      </div>
      {sideState === "folded" ? (
        <div className="studio-folded end"><IconButton label={studioWords.unfoldInspector} placement="left" onPress={() => usePreferences.setState({ inspectorOpen: true })}><PanelRightOpen size={16} /></IconButton></div>
      ) : (
        <aside className="studio-side" aria-label={side === "text" ? studioWords.text : studioWords.step}>
          <div className="panel-head">
            <div className="tabs grow" role="tablist">
              <button type="button" role="tab" className="tab" aria-selected={side === "panel"} onClick={() => setSide("panel")}>{selectedEdge ? studioWords.edge : only ? studioWords.step : studioWords.workflow}</button>
              <button type="button" role="tab" className="tab" aria-selected={side === "text"} onClick={() => setSide("text")}>{studioWords.text}</button>
            </div>
            <IconButton label={studioWords.foldInspector} placement="left" onPress={() => { setSide("panel"); usePreferences.setState({ inspectorOpen: false }); }}><PanelRightClose size={16} /></IconButton>
          </div>
          <div className={`side-body${side === "text" ? "" : " scroll"}`}>
            {side === "text" && view ? <Suspense fallback={null}><TextPanel view={view} onText={(text) => void open.setText(text)} step={only ?? null} /></Suspense>
              : !document ? null
              : selectedEdge ? <EdgePanel edge={selectedEdge} document={document} apply={apply} onRemoved={() => setSelection(nothing)} />
              : only && selectedStep ? (
                <Inspector key={only} workflow={workflow} id={only} step={selectedStep} document={document} open={open} manifests={manifests} apply={apply} onDelete={remove}
                  onRename={(to) => { void change({ label: "Rename a step", edits: [{ edit: "rename_step", id: only, to }], moves: {} }).then((done) => { if (done) setSelection({ steps: [to], edge: null }); }); }} />
              ) : selection.steps.length > 1 ? <div className="inspector"><strong>{studioWords.manySelected(selection.steps.length)}</strong><div className="row"><Button onPress={() => open.tidy(selection.steps)}>{studioWords.tidy}</Button><Button look="quiet" onPress={remove}>{studioWords.deleteSelection}</Button></div></div>
              : <WorkflowPanel document={document} apply={apply} />}
          </div>
        </aside>
      )}
      <BottomBar open={open} drawer={drawer} onDrawer={setDrawer} textOpen={side === "text"} onText={() => setSide(side === "text" ? "panel" : "text")} onFind={() => setFinding({ from: null })} onPreview={() => void preview()} canPreview={canPreview} />

      {quick && manifests ? (
        <QuickAdd manifests={manifests} at={quick.at} after={quick.after ? { title: titleOf(quick.after), operation: operationOf(quick.after) } : null} onClose={() => setQuick(null)}
          onPick={(operation) => { setQuick(null); void add(operation, quick.place ? { x: quick.place.x + nodeSize.width / 2, y: quick.place.y } : null, quick.after ? { after: [quick.after] } : {}); }} />
      ) : null}
      {connecting && document?.steps[connecting.from] && document.steps[connecting.to] ? (
        <ConnectPanel at={connecting.at} onClose={() => setConnecting(null)} seen={seenOutputs(document, connecting.from)}
          from={{ id: connecting.from, title: titleOf(connecting.from), operation: operationOf(connecting.from) }} to={{ id: connecting.to, title: titleOf(connecting.to), operation: operationOf(connecting.to) }}
          onFlow={(output, field) => { setConnecting(null); apply(flowChange(connecting.from, output, connecting.to, field, edges.some((e) => e.from === connecting.from && e.to === connecting.to && e.drawn))); }} />
      ) : null}
      {finding && document ? (
        <Find document={document} manifests={manifests} title={finding.from ? studioWords.connectFromTitle(titleOf(finding.from)) : studioWords.find} except={finding.from ?? undefined} onClose={() => setFinding(null)}
          onPick={(id) => { if (finding.from) void onConnect(finding.from, id, { x: window.innerWidth / 2 - 170, y: 160 }); else select(id, true); }} />
      ) : null}
      {drag.dragging ? (
        <div className="palette-ghost" style={{ left: drag.dragging.at.x, top: drag.dragging.at.y, transform: `translate(-50%, -50%) scale(${drag.dragging.overCanvas ? Math.max(0.25, Math.min(1, reactFlow.getZoom())) : 0.8})` }} data-off={!drag.dragging.overCanvas || drag.dragging.overEdge !== null || undefined} aria-hidden>
          <div className="node"><Mark manifest={drag.dragging.manifest} size={36} /><div style={{ minWidth: 0 }}><div className="node-title ellipsis">{drag.dragging.operation.title}</div><div className="node-operation ellipsis">{drag.dragging.manifest.label}</div></div></div>
        </div>
      ) : null}
      <span className="sr-only" role="status">{selectedStep ? `${words.open} ${titleOf(only ?? "")}` : ""}</span>
    </div>
  );
}
