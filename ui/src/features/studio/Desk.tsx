import { useReactFlow } from "@xyflow/react";
import { PanelLeftOpen, PanelRightClose, PanelRightOpen } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { Frame, Note, Operation, Point } from "../../bridge/types";
import { boundsOf } from "../../canvas/fit";
import { GraphCanvas } from "../../canvas/GraphCanvas";
import { type Arrangement, frameAround } from "../../canvas/things";
import { edgeId, nothing, type Selection } from "../../canvas/types";
import { useFirstFit, useFit } from "../../canvas/useFit";
import { Button, IconButton } from "../../design/Button";
import { Empty } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { GraphPicture } from "../../design/Logo";
import { type AddOptions, addStep, type Change, connect, disconnect, flow as flowChange, freeId, freePlace, makeRoom, removeSteps, snap, spliceStep, wouldCircle } from "../../graph/edits";
import { outline } from "../../graph/outline";
import { nodeSize } from "../../graph/size";
import { studioWords } from "../../text/studio";
import { words } from "../../text/words";
import { useRegisterActions } from "../../window/actions";
import { usePreferences } from "../../window/preferences";
import { go } from "../../window/route";
import { studioActions } from "./actions";
import { BottomBar, type Drawer, Outline, Problems } from "./BottomBar";
import { ConnectPanel } from "./ConnectPanel";
import { EdgePanel } from "./EdgePanel";
import { Find } from "./Find";
import { Inspector } from "./Inspector";
import { StepPalette } from "./Palette";
import { QuickAdd } from "./QuickAdd";
import { seenOutputs } from "./suggestions";
import { FramePanel, NotePanel } from "./ThingPanel";
import { useCanvasSteps } from "./useCanvasSteps";
import { countOf, useClipboard } from "./useClipboard";
import type { OpenDocument } from "./useDocument";
import { usePaletteDrag } from "./usePaletteDrag";
import { useViews } from "./useViews";
import { WorkflowPanel } from "./WorkflowPanel";

// The editor is a third of the studio's weight and is not needed to begin.
const TextPanel = lazy(() => import("./TextPanel").then((module) => ({ default: module.TextPanel })));

const noFrames: Record<string, Frame> = {};
const noNotes: Record<string, Note> = {};
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
  const [quick, setQuick] = useState<{ at: Point; after: string | null; place: Point | null; splice?: AddOptions["splice"] } | null>(null);
  const [connecting, setConnecting] = useState<{ from: string; to: string; at: Point } | null>(null);
  const [drawer, setDrawer] = useState<Drawer>(null);
  const [side, setSide] = useState<"panel" | "text">("panel");
  const [finding, setFinding] = useState<{ from: string | null } | null>(null);
  const { paletteOpen, inspectorOpen, minimap } = usePreferences();
  const frames = view?.layout.frames ?? noFrames;
  const notes = view?.layout.notes ?? noNotes;
  const views = useViews();

  const operationOf = useCallback((id: string): Operation | undefined => manifests?.flatMap((m) => m.operations).find((op) => op.name === document?.steps[id]?.uses), [manifests, document]);
  const titleOf = useCallback((id: string) => document?.steps[id]?.title || id, [document]);
  const apply = useCallback((next: Change) => void change(next), [change]);
  const select = useCallback((id: string, show = false) => {
    setSelection({ steps: [id], edge: null });
    const at = steps.find((s) => s.id === id)?.at;
    if (show && at) views.leave();
    if (show && at) void reactFlow.setCenter(at.x + nodeSize.width / 2, at.y + nodeSize.height / 2, { zoom: Math.max(0.8, reactFlow.getZoom()), duration: 200 });
  }, [steps, reactFlow, views]);

  const middle = useCallback((): Point | null => {
    const box = window.document.querySelector(".canvas")?.getBoundingClientRect();
    return box && box.width > 0 ? reactFlow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 }) : null;
  }, [reactFlow]);

  const add = useCallback(async (operation: Operation, wish: Point | null, options: AddOptions = {}) => {
    if (!document) return;
    const before = options.after?.[0] ?? selection.steps[0];
    const from = steps.find((s) => s.id === before)?.at;
    const center = middle() ?? { x: 0, y: 0 };
    const place = wish ? { x: wish.x - nodeSize.width / 2, y: wish.y - nodeSize.height / 2 }
      : freePlace(from ? { x: from.x + nodeSize.width + 80, y: from.y } : { x: center.x - nodeSize.width / 2, y: center.y - nodeSize.height / 2 }, steps.map((s) => s.at));
    const made = addStep(document, operation, place, options);
    if (options.splice) Object.assign(made.moves, makeRoom(made.moves[made.id] ?? place, options.splice.to, steps.map((s) => ({ step: s.id, at: s.at })), edges));
    if (await change(made)) setSelection({ steps: [made.id], edge: null });
  }, [document, selection.steps, steps, edges, change, middle]);

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
    else if (countOf(selection) > 0) apply(removeSteps(selection.steps, selection.frames, selection.notes));
    else return;
    setSelection(nothing);
    // The node that had the focus goes; the canvas takes it, so that the keys go on to work there.
    if (window.document.activeElement?.closest(".canvas")) focusCanvas();
  }, [edges, selection, apply]);

  const clipboard = useClipboard(workflow, open, selection, setSelection, remove, middle);

  const arrange = useCallback((to: Arrangement, label?: string) => {
    const count = Object.keys(to.steps).length + Object.keys(to.frames).length + Object.keys(to.notes).length;
    if (count === 0) return;
    apply({ label: label ?? (Object.keys(to.steps).length > 0 ? studioWords.moved(Object.keys(to.steps).length) : Object.keys(to.frames).length > 0 ? studioWords.frameChanged : studioWords.noteChanged), edits: [], moves: to.steps, ...(Object.keys(to.frames).length > 0 ? { frames: to.frames } : {}), ...(Object.keys(to.notes).length > 0 ? { notes: to.notes } : {}) });
  }, [apply]);

  const dropOnEdge = useCallback((id: string, over: string, at: Point) => {
    const edge = edges.find((e) => edgeId(e) === over);
    // Only a step that stands alone is put in between; one with edges of its own is moved.
    if (!edge || edges.some((e) => e.from === id || e.to === id)) arrange({ steps: { [id]: at }, frames: {}, notes: {} });
    else apply(spliceStep(id, edge, at, makeRoom(at, edge.to, steps.map((s) => ({ step: s.id, at: s.at })), edges)));
  }, [edges, steps, arrange, apply]);

  const errors = view?.diagnostics.filter((d) => d.severity === "error").length ?? 0;
  const canPreview = errors === 0 && steps.length > 0 && view?.document != null;
  const preview = useCallback(async () => {
    (window.document.activeElement as HTMLElement | null)?.blur();
    await open.settled();
    go({ screen: "preview", workflow });
  }, [open, workflow]);
  const selectedEdge = edges.find((e) => edgeId(e) === selection.edge);
  const openQuick = useCallback(() => {
    const id = selection.steps[0] ?? selectedEdge?.from ?? null;
    const node = id ? window.document.querySelector(`[data-testid="node-${id}"]`)?.getBoundingClientRect() : null;
    const box = window.document.querySelector(".canvas")?.getBoundingClientRect();
    setQuick({ at: node ? { x: node.right + 16, y: node.top } : { x: (box?.left ?? 0) + (box?.width ?? 0) / 2 - 160, y: (box?.top ?? 0) + (box?.height ?? 0) / 3 }, after: id, place: null, ...(selectedEdge ? { splice: selectedEdge } : {}) });
  }, [selection.steps, selectedEdge]);

  // A new frame or note, or Enter on what is selected, goes to its first field.
  const [editing, setEditing] = useState(0);
  useEffect(() => {
    if (editing === 0) return;
    const timer = setTimeout(() => window.document.querySelector<HTMLElement>(".studio-side .side-body :is(input[type=text], textarea, .select-button, [role=radio])")?.focus(), 60);
    return () => clearTimeout(timer);
  }, [editing]);

  const thing = useCallback((kind: "frame" | "note") => {
    const chosen = steps.filter((s) => selection.steps.includes(s.id));
    const center = middle() ?? { x: 0, y: 0 };
    const id = freeId(kind, Object.keys(kind === "frame" ? frames : notes));
    if (kind === "frame") apply({ label: studioWords.addFrame, edits: [], moves: {}, frames: { [id]: frameAround(chosen, center) } });
    else {
      const bounds = chosen.length > 0 ? boundsOf(chosen) : null;
      const at = bounds ? snap({ x: bounds.x, y: bounds.y - 140 }) : freePlace({ x: center.x - 120, y: center.y - 50 }, [...steps.map((s) => s.at), ...Object.values(notes)]);
      apply({ label: studioWords.addNote, edits: [], moves: {}, notes: { [id]: { ...at, width: 240, height: 100 } } });
    }
    setSelection({ steps: [], edge: null, [`${kind}s`]: [id] });
    usePreferences.setState({ inspectorOpen: true });
    setSide("panel");
    setEditing((n) => n + 1);
  }, [steps, selection.steps, frames, notes, middle, apply]);

  useRegisterActions("studio", useMemo(() => {
    const chosen = steps.filter((s) => selection.steps.includes(s.id));
    const jump = (go: () => void) => { views.leave(); go(); };
    const order = document ? outline(Object.keys(document.steps), edges).map((item) => item.id) : [];
    const pinned = chosen.length > 0 && chosen.every((s) => view?.layout.nodes[s.id]?.pinned);
    const off = chosen.length > 0 && chosen.every((s) => s.off);
    return studioActions({
      undoLabel: view?.undo ?? null, redoLabel: view?.redo ?? null, undo: open.undo, redo: open.redo, busy: open.busy,
      steps: chosen.length, things: (selection.frames?.length ?? 0) + (selection.notes?.length ?? 0), edge: selectedEdge !== undefined, pinned, off, total: steps.length, canPreview, canBack: views.canBack, canForward: views.canForward,
      add: openQuick, remove, clear: () => setSelection(nothing), selectAll: () => setSelection({ steps: steps.map((s) => s.id), edge: null, frames: Object.keys(frames), notes: Object.keys(notes) }),
      copy: () => void clipboard.copy(), cut: clipboard.cut, paste: clipboard.paste, duplicate: clipboard.duplicate,
      tidy: () => open.tidy(chosen.length > 1 ? selection.steps : undefined), fit: () => jump(() => chosen.length > 1 ? fit(chosen) : fit(steps, 0, [...Object.values(frames), ...Object.values(notes)])), zoomSelection: () => jump(() => fit(chosen)),
      zoom: (by) => void (by === "reset" ? reactFlow.zoomTo(1, { duration: 120 }) : reactFlow.zoomTo(reactFlow.getZoom() * by, { duration: 120 })), back: views.back, forward: views.forward,
      minimap: () => usePreferences.setState((now) => ({ minimap: !now.minimap })), frame: () => thing("frame"), note: () => thing("note"),
      pin: () => apply({ label: pinned ? studioWords.unpin : studioWords.pinned(chosen.length), edits: [], moves: {}, pins: Object.fromEntries(chosen.map((s) => [s.id, !pinned])) }),
      switchOff: () => apply({ label: off ? studioWords.switchOn : studioWords.switchOff, moves: {}, edits: chosen.map((s) => (off ? { edit: "remove_field", pointer: `/steps/${s.id}/off` } : { edit: "set_field", pointer: `/steps/${s.id}/off`, value: true })) }),
      connect: () => setFinding({ from: selection.steps[0] ?? null }), when: (on) => { if (selectedEdge) apply({ ...connect(selectedEdge.from, selectedEdge.to, on), label: "Change an edge" }); },
      walk: (by) => {
        const next = order[(order.indexOf(selection.steps[0] ?? "") + by + order.length) % order.length] ?? order[0];
        if (next) select(next, true);
      },
      edit: () => { usePreferences.setState({ inspectorOpen: true }); setSide("panel"); setEditing((n) => n + 1); },
      steps_: () => { usePreferences.setState({ paletteOpen: true }); setTimeout(() => window.document.querySelector<HTMLElement>("[data-testid=palette-search]")?.focus(), 0); },
      find: () => setFinding({ from: null }), text: () => setSide((s) => (s === "text" ? "panel" : "text")), outline: () => setDrawer((d) => (d === "outline" ? null : "outline")),
      problems: () => setDrawer((d) => (d === "problems" ? null : "problems")), preview: () => void preview(),
      nudge: (dx, dy) => arrange({
        steps: Object.fromEntries(chosen.map((s) => [s.id, { x: s.at.x + dx, y: s.at.y + dy }])),
        frames: Object.fromEntries((selection.frames ?? []).flatMap((id) => (frames[id] ? [[id, { ...frames[id], x: frames[id].x + dx, y: frames[id].y + dy }]] : []))),
        notes: Object.fromEntries((selection.notes ?? []).flatMap((id) => (notes[id] ? [[id, { ...notes[id], x: notes[id].x + dx, y: notes[id].y + dy }]] : []))),
      }),
    });
  }, [openQuick, view, open, selection, selectedEdge, remove, steps, edges, document, frames, notes, fit, canPreview, preview, clipboard, views, thing, apply, arrange, select, reactFlow]));

  // What is gone is not selected.
  useEffect(() => {
    if (!document || open.busy) return;
    const left = { steps: selection.steps.filter((id) => document.steps[id]), frames: selection.frames?.filter((id) => frames[id]) ?? [], notes: selection.notes?.filter((id) => notes[id]) ?? [] };
    if (left.steps.length + left.frames.length + left.notes.length < countOf(selection)) setSelection({ ...left, edge: selection.edge });
  }, [document, selection, frames, notes, open.busy]);

  const only = selection.steps.length === 1 ? selection.steps[0] : undefined;
  const selectedStep = only ? document?.steps[only] : undefined;
  const only1 = countOf(selection) === 1;
  const onlyFrame = only1 ? selection.frames?.[0] : undefined;
  const onlyNote = only1 ? selection.notes?.[0] : undefined;
  const frame = onlyFrame ? frames[onlyFrame] : undefined;
  const note = onlyNote ? notes[onlyNote] : undefined;
  const sideState = side === "text" ? "text" : inspectorOpen ? "panel" : "folded";

  return (
    <div className="studio" data-palette={paletteOpen ? "open" : "folded"} data-side={sideState} data-testid="studio">
      {paletteOpen ? <StepPalette manifests={manifests} drag={drag} onAdd={(operation) => void add(operation, null, only ? { after: [only] } : {})} onFold={() => usePreferences.setState({ paletteOpen: false })} />
        : <div className="studio-folded"><IconButton label={studioWords.unfold} placement="right" onPress={() => usePreferences.setState({ paletteOpen: true })}><PanelLeftOpen size={16} /></IconButton></div>}
      <div className="studio-center">
        <GraphCanvas
          steps={steps} edges={edges} selection={selection} onSelect={setSelection} editable
          frames={frames} notes={notes} onArrange={arrange} onDropOnEdge={dropOnEdge} minimap={minimap} onOpen={() => setEditing((n) => n + 1)} onOpenThing={() => setEditing((n) => n + 1)} onConnect={(from, to, at) => void onConnect(from, to, at)} refuse={refuse}
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
              <button type="button" role="tab" className="tab" aria-selected={side === "panel"} onClick={() => setSide("panel")}>{selectedEdge ? studioWords.edge : only ? studioWords.step : frame ? studioWords.frame : note ? studioWords.noteThing : studioWords.workflow}</button>
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
              ) : onlyFrame && frame ? <FramePanel key={onlyFrame} id={onlyFrame} frame={frame} apply={apply} onDelete={remove} />
              : onlyNote && note ? <NotePanel key={onlyNote} id={onlyNote} note={note} apply={apply} onDelete={remove} />
              : countOf(selection) > 1 ? (
                <div className="inspector" data-testid="many-panel">
                  <strong>{studioWords.manySelected(countOf(selection))}</strong>
                  <div className="row" style={{ flexWrap: "wrap" }}>
                    <Button onPress={() => open.tidy(selection.steps)} isDisabled={selection.steps.length < 2}>{studioWords.tidySelection}</Button>
                    <Button onPress={() => void clipboard.copy()}>{studioWords.copy}</Button>
                    <Button onPress={clipboard.duplicate}>{studioWords.duplicate}</Button>
                    <Button onPress={() => thing("frame")} isDisabled={selection.steps.length === 0}>{studioWords.frameAround}</Button>
                    <Button look="quiet" onPress={remove}>{studioWords.deleteSelection}</Button>
                  </div>
                </div>
              )
              : <WorkflowPanel document={document} diagnostics={open.view?.diagnostics ?? []} apply={apply} />}
          </div>
        </aside>
      )}
      <BottomBar open={open} drawer={drawer} onDrawer={setDrawer} textOpen={side === "text"} onText={() => setSide(side === "text" ? "panel" : "text")} onFind={() => setFinding({ from: null })} onPreview={() => void preview()} canPreview={canPreview} />

      {quick && manifests ? (
        <QuickAdd manifests={manifests} at={quick.at} after={quick.after ? { title: titleOf(quick.after), operation: operationOf(quick.after) } : null} onClose={() => setQuick(null)}
          onPick={(operation) => { setQuick(null); void add(operation, quick.place ? { x: quick.place.x + nodeSize.width / 2, y: quick.place.y } : null, quick.splice ? { splice: quick.splice } : quick.after ? { after: [quick.after] } : {}); }} />
      ) : null}
      {connecting && document?.steps[connecting.from] && document.steps[connecting.to] ? (
        <ConnectPanel at={connecting.at} onClose={() => setConnecting(null)} seen={seenOutputs(document, connecting.from)}
          from={{ id: connecting.from, title: titleOf(connecting.from), operation: operationOf(connecting.from) }} to={{ id: connecting.to, title: titleOf(connecting.to), operation: operationOf(connecting.to) }}
          onFlow={(output, field, expression) => { setConnecting(null); apply(flowChange(connecting.from, output, connecting.to, field, edges.some((e) => e.from === connecting.from && e.to === connecting.to && e.drawn), expression)); }} />
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
