import "./canvas.css";
import {
  Background, BackgroundVariant, ConnectionMode, type EdgeChange, type NodeChange, type OnConnectEnd, Position, ReactFlow, SelectionMode,
  useReactFlow, useStore, useStoreApi,
} from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Frame, Note, Point } from "../bridge/types";
import type { EdgeView } from "../graph/view";
import { nodeSize } from "../graph/size";
import { canvasWords } from "../text/canvas";
import { MiniMap } from "./MiniMap";
import { Overview } from "./Overview";
import { StepEdge, type StepFlowEdge } from "./StepEdge";
import { StepNode, type StepFlowNode } from "./StepNode";
import { FrameNode, type FrameFlowNode, NoteNode, type NoteFlowNode } from "./Things";
import { type Arrangement, frameNode, insideOf, noteNode, thingOf } from "./things";
import { Tools } from "./Tools";
import { type CanvasStep, edgeId, nothing, type Selection } from "./types";

type CanvasNode = StepFlowNode | FrameFlowNode | NoteFlowNode;
const nodeTypes = { step: StepNode, frame: FrameNode, note: NoteNode };
const noFrames: Record<string, Frame> = {};
const noNotes: Record<string, Note> = {};
const edgeTypes = { step: StepEdge };
const handles = [
  { id: null, type: "target" as const, position: Position.Left, x: -4, y: nodeSize.height / 2 - 4, width: 8, height: 8 },
  { id: null, type: "source" as const, position: Position.Right, x: nodeSize.width - 4, y: nodeSize.height / 2 - 4, width: 8, height: 8 },
];

export interface GraphCanvasProps {
  steps: CanvasStep[];
  edges: EdgeView[];
  selection: Selection;
  onSelect: (selection: Selection) => void;
  editable?: boolean;
  frames?: Record<string, Frame> | undefined;
  notes?: Record<string, Note>;
  /** Steps, frames and notes came to stand elsewhere, as one gesture. */
  onArrange?: (arrangement: Arrangement) => void;
  /** One step alone was let go over an edge. */
  onDropOnEdge?: (step: string, edge: string, at: Point) => void;
  onOpenThing?: (kind: "frame" | "note", id: string) => void;
  onConnect?: (from: string, to: string, client: Point) => void;
  /** An edge was let go over nothing. */
  onLoose?: (from: string, client: Point) => void;
  /** Says why two steps cannot be connected. */
  refuse?: (from: string, to: string) => string | null;
  onOpen?: (id: string) => void;
  onTidy?: () => void;
  /** Edges along which something happens now. */
  flowing?: ReadonlySet<string>;
  /** An edge that a dragged step would splice. */
  spliceEdge?: string | null;
  minimap?: boolean;
  children?: ReactNode;
}

/** The canvas, the same for drawing, for previews and for runs. */
export function GraphCanvas(props: GraphCanvasProps) {
  const { steps, edges, selection, onSelect, editable = false, frames = noFrames, notes = noNotes, onArrange, onDropOnEdge, onOpenThing, onConnect, onLoose, refuse, onOpen, onTidy, flowing, spliceEdge, minimap = true, children } = props;
  const level = useStore((state) => (state.transform[2] < 0.2 ? "far" : state.transform[2] < 0.5 ? "mid" : "near"));
  const flow = useReactFlow<CanvasNode, StepFlowEdge>();
  const [moving, setMoving] = useState<ReadonlyMap<string, Point>>(new Map());
  const [connecting, setConnecting] = useState<string | null>(null);
  const cache = useRef(new Map<string, { step: CanvasStep; key: string; node: StepFlowNode }>());
  const far = level === "far";
  const selected = useMemo(() => new Set(selection.steps), [selection.steps]);

  const nodes = useMemo(() => {
    const next: typeof cache.current = new Map();
    const list = steps.map((step) => {
      const at = moving.get(step.id) ?? step.at;
      const refused = connecting !== null && connecting !== step.id && refuse?.(connecting, step.id) != null;
      const key = `${at.x} ${at.y} ${selected.has(step.id)} ${far} ${refused}`;
      const known = cache.current.get(step.id);
      const node: StepFlowNode = known && known.key === key && known.step === step ? known.node : {
        id: step.id, type: "step", position: at, data: { step }, width: nodeSize.width, height: nodeSize.height, handles, selected: selected.has(step.id), hidden: far,
        draggable: editable, connectable: editable, deletable: false, className: refused ? "refused" : "",
        ariaLabel: canvasWords.node(step.title, step.operation, step.sentence ?? ""),
      };
      next.set(step.id, { step, key, node });
      return node;
    });
    cache.current = next;
    return list;
  }, [steps, moving, selected, far, editable, connecting, refuse]);

  const flowEdges = useMemo((): StepFlowEdge[] => (far ? [] : edges.map((edge) => {
    const id = edgeId(edge);
    return {
      id, source: edge.from, target: edge.to, type: "step", selected: selection.edge === id, deletable: false,
      className: spliceEdge === id ? "splice" : "", ariaLabel: canvasWords.edge(edge.from, edge.to, canvasWords.on[edge.on]),
      data: { edge, flowing: flowing?.has(id) ?? false, quiet: false },
    };
  })), [edges, far, selection.edge, flowing, spliceEdge]);

  const arrange = useCallback((places: ReadonlyMap<string, Point>) => {
    const next: Arrangement = { steps: {}, frames: {}, notes: {} };
    for (const [node, at] of places) {
      const { kind, id } = thingOf(node);
      const frame = frames[id];
      const note = notes[id];
      if (kind === "step") next.steps[id] = at;
      else if (kind === "frame" && frame) next.frames[id] = { ...frame, ...at };
      else if (kind === "note" && note) next.notes[id] = { ...note, ...at };
    }
    onArrange?.(next);
  }, [frames, notes, onArrange]);
  const resize = useRef({ frames, notes, onArrange });
  resize.current = { frames, notes, onArrange };

  // The same frame is the same data, so that moving one thing draws one.
  const known = useRef(new WeakMap<object, { key: string; data: object }>());
  const dataOf = useCallback(<T extends "frame" | "note">(kind: T, id: string, thing: T extends "frame" ? Frame : Note) => {
    const key = `${kind} ${id} ${editable}`;
    const before = known.current.get(thing);
    if (before?.key === key) return before.data as (T extends "frame" ? FrameFlowNode : NoteFlowNode)["data"];
    const data = { [kind]: thing, id, editable, onSize: (width: number, height: number) => {
      const now = resize.current[`${kind}s`][id];
      if (now) resize.current.onArrange?.({ steps: {}, frames: {}, notes: {}, [`${kind}s`]: { [id]: { ...now, width, height } } });
    } };
    known.current.set(thing, { key, data });
    return data as unknown as (T extends "frame" ? FrameFlowNode : NoteFlowNode)["data"];
  }, [editable]);

  const pickedFrames = selection.frames;
  const pickedNotes = selection.notes;
  const things = useMemo((): CanvasNode[] => {
    if (far) return [];
    return [
      ...Object.entries(frames).map(([id, frame]): FrameFlowNode => ({
        id: frameNode(id), type: "frame", position: moving.get(frameNode(id)) ?? { x: frame.x, y: frame.y }, width: frame.width, height: frame.height, zIndex: -1,
        data: dataOf("frame", id, frame),
        selected: pickedFrames?.includes(id) ?? false, dragHandle: ".frame-head", draggable: editable, connectable: false, deletable: false, selectable: editable, focusable: editable,
        ariaLabel: canvasWords.frameNamed(frame.title ?? ""),
      })),
      ...Object.entries(notes).map(([id, note]): NoteFlowNode => ({
        id: noteNode(id), type: "note", position: moving.get(noteNode(id)) ?? { x: note.x, y: note.y }, width: note.width, height: note.height,
        data: dataOf("note", id, note),
        selected: pickedNotes?.includes(id) ?? false, draggable: editable, connectable: false, deletable: false, selectable: editable, focusable: editable, ariaLabel: canvasWords.noteNamed(note.text ?? ""),
      })),
    ];
  }, [far, frames, notes, moving, editable, pickedFrames, pickedNotes, dataOf]);
  const [sizing, setSizing] = useState<ReadonlyMap<string, { width: number; height: number }>>(new Map());
  const all = useMemo(() => {
    if (things.length === 0) return nodes as CanvasNode[];
    return [...things.map((node) => ({ ...node, ...sizing.get(node.id) })), ...nodes] as CanvasNode[];
  }, [things, nodes, sizing]);

  // Once the backend has answered with the new places, the local ones are let go.
  useEffect(() => {
    setMoving((current) => (current.size === 0 ? current : new Map()));
    setSizing((current) => (current.size === 0 ? current : new Map()));
  }, [steps, frames, notes]);

  // Arrow keys move things in small hops; they are one move when the keys rest.
  const dragging = useRef(false);
  const byKeys = useRef<{ places: Map<string, Point>; timer: ReturnType<typeof setTimeout> | undefined }>({ places: new Map(), timer: undefined });
  /** Frames that move, with what stood in them when they began. */
  const carried = useRef(new Map<string, { from: Point; inside: Map<string, Point> }>());
  const settleKeys = useCallback((places: [string, Point][]) => {
    const held = byKeys.current;
    for (const [id, at] of places) held.places.set(id, at);
    clearTimeout(held.timer);
    held.timer = setTimeout(() => {
      const moves = new Map(held.places);
      held.places.clear();
      carried.current.clear();
      arrange(moves);
    }, 350);
  }, [arrange]);

  const withContent = useCallback((places: [string, Point][]): [string, Point][] => {
    const moved = new Map(places);
    for (const [node, at] of places) {
      const { kind, id } = thingOf(node);
      if (kind !== "frame") continue;
      let held = carried.current.get(node);
      if (!held) {
        const frame = frames[id];
        if (!frame) continue;
        held = { from: { x: frame.x, y: frame.y }, inside: insideOf(id, frames, notes, steps) };
        carried.current.set(node, held);
      }
      for (const [other, from] of held.inside) if (!places.some(([one]) => one === other)) moved.set(other, { x: from.x + at.x - held.from.x, y: from.y + at.y - held.from.y });
    }
    return [...moved];
  }, [frames, notes, steps]);

  const store = useStoreApi();
  const onNodesChange = useCallback((changes: NodeChange<CanvasNode>[]) => {
    const rubber = store.getState().userSelectionActive;
    const picked = new Set(selection.steps);
    const more = { frame: new Set(selection.frames), note: new Set(selection.notes) };
    let touched = false;
    const places: [string, Point][] = [];
    for (const change of changes) {
      if (change.type === "select") {
        const { kind, id } = thingOf(change.id);
        // A rubber band inside a frame is about what stands in it.
        if (rubber && kind === "frame" && change.selected) continue;
        touched = true;
        const set = kind === "step" ? picked : more[kind];
        if (change.selected) set.add(id);
        else set.delete(id);
      } else if (change.type === "position" && change.position) places.push([change.id, change.position]);
      else if (change.type === "dimensions" && change.dimensions && change.resizing) {
        const { id, dimensions } = change;
        setSizing((current) => new Map([...current, [id, dimensions]]));
      }
    }
    if (places.length > 0) {
      const moved = withContent(places);
      setMoving((current) => new Map([...current, ...moved]));
      if (!dragging.current) settleKeys(moved);
    }
    if (touched) onSelect({ steps: [...picked], edge: null, frames: [...more.frame], notes: [...more.note] });
  }, [selection, onSelect, settleKeys, withContent, store]);

  const onEdgesChange = useCallback((changes: EdgeChange<StepFlowEdge>[]) => {
    // A rubber band takes the edges between the steps as well; the steps are what is meant.
    if (store.getState().userSelectionActive) return;
    for (const change of changes) if (change.type === "select" && change.selected) onSelect({ steps: [], edge: change.id });
  }, [onSelect, store]);

  const onConnectEnd: OnConnectEnd = useCallback((event, state) => {
    setConnecting(null);
    const point = "clientX" in event ? { x: event.clientX, y: event.clientY } : { x: event.changedTouches[0]?.clientX ?? 0, y: event.changedTouches[0]?.clientY ?? 0 };
    const from = state.fromNode?.id;
    if (!from) return;
    const forward = state.fromHandle?.type !== "target";
    // A node counts as a whole: one need not hit its port.
    const over = document.elementFromPoint(point.x, point.y)?.closest<HTMLElement>(".react-flow__node")?.dataset.id ?? state.toNode?.id;
    if (over && over !== from) onConnect?.(forward ? from : over, forward ? over : from, point);
    else if (!over && forward) onLoose?.(from, point);
  }, [onConnect, onLoose]);

  return (
    <div
      className="canvas" data-level={level} data-connecting={connecting !== null || undefined} data-testid="canvas" tabIndex={-1}
      onPointerDownCapture={(event) => {
        // What is pressed takes the focus; where nothing is, the canvas itself does.
        if (!(event.target as Element).closest(".react-flow__node, .react-flow__edge, button, input, textarea, a, [role=button]")) event.currentTarget.focus({ preventScroll: true });
      }}
    >
      <ReactFlow<CanvasNode, StepFlowEdge>
        nodes={all} edges={flowEdges} nodeTypes={nodeTypes} edgeTypes={edgeTypes}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
        onNodeDragStart={() => { dragging.current = true; }}
        onNodeDragStop={(event, _node, dragged) => {
          // The last change of a drag arrives around its end; it is not a key's.
          setTimeout(() => { dragging.current = false; }, 0);
          const moved = withContent(dragged.map((node): [string, Point] => [node.id, node.position]));
          carried.current.clear();
          const one = dragged.length === 1 ? dragged[0] : undefined;
          const edge = one?.type === "step" && "clientX" in event ? edgeUnder(one.id, { x: event.clientX, y: event.clientY }, flow.flowToScreenPosition({ x: one.position.x + nodeSize.width / 2, y: one.position.y + nodeSize.height / 2 }), flow.getZoom()) : null;
          if (one && edge && onDropOnEdge) onDropOnEdge(one.id, edge, one.position);
          else arrange(new Map(moved));
        }}
        onConnectStart={(_event, { nodeId, handleType }) => setConnecting(handleType === "source" ? nodeId : null)}
        onConnectEnd={onConnectEnd}
        onPaneClick={(event) => {
          if (far) {
            const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
            const hit = steps.find((step) => point.x >= step.at.x && point.x <= step.at.x + nodeSize.width && point.y >= step.at.y && point.y <= step.at.y + nodeSize.height);
            if (hit) void flow.setCenter(hit.at.x + nodeSize.width / 2, hit.at.y + nodeSize.height / 2, { zoom: 1, duration: 200 });
          }
          onSelect(nothing);
        }}
        onNodeDoubleClick={(_event, node) => {
          const { kind, id } = thingOf(node.id);
          if (kind === "step") onOpen?.(id);
          else onOpenThing?.(kind, id);
        }}
        nodesDraggable={editable} nodesConnectable={editable} elementsSelectable nodesFocusable edgesFocusable={editable} elevateNodesOnSelect={false}
        connectionMode={ConnectionMode.Strict} connectionRadius={28} connectOnClick={false}
        onlyRenderVisibleElements minZoom={0.03} maxZoom={2.5} snapToGrid snapGrid={[20, 20]} deleteKeyCode={null}
        selectionOnDrag panOnDrag={[1, 2]} panOnScroll selectionMode={SelectionMode.Partial} zoomOnDoubleClick={false}
        multiSelectionKeyCode={["Meta", "Control", "Shift"]} selectionKeyCode={null} panActivationKeyCode="Space" zoomActivationKeyCode={["Meta", "Control"]}
        proOptions={{ hideAttribution: true }} disableKeyboardA11y={!editable} aria-label={canvasWords.graph}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.25} />
      </ReactFlow>
      {far ? <Overview steps={steps} edges={edges} /> : null}
      <Tools onTidy={onTidy} steps={steps} selected={selection.steps} />
      {minimap && steps.length > 3 ? <MiniMap steps={steps} frames={frames} /> : null}
      {children}
    </div>
  );
}

/** The edge that runs under a step that is held: at the pointer, or behind the middle of the step. */
function edgeUnder(node: string, pointer: Point, middle: Point, zoom: number): string | null {
  const points = [pointer, ...[0, -10, 10, -20, 20, -28, 28].map((dy) => ({ x: middle.x, y: middle.y + dy * zoom }))];
  for (const at of points) {
    const edge = document.elementsFromPoint?.(at.x, at.y).map((element) => element.closest<HTMLElement>(".react-flow__edge")).find((found) => found != null)?.dataset.id;
    if (edge && !edge.split(">").includes(node)) return edge;
  }
  return null;
}
