import "./canvas.css";
import {
  Background, BackgroundVariant, ConnectionMode, type EdgeChange, type NodeChange, type OnConnectEnd, Position, ReactFlow, SelectionMode,
  useReactFlow, useStore,
} from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Point } from "../bridge/types";
import type { EdgeView } from "../graph/view";
import { nodeSize } from "../graph/size";
import { canvasWords } from "../text/canvas";
import { MiniMap } from "./MiniMap";
import { Overview } from "./Overview";
import { StepEdge, type StepFlowEdge } from "./StepEdge";
import { StepNode, type StepFlowNode } from "./StepNode";
import { Tools } from "./Tools";
import { type CanvasStep, edgeId, nothing, type Selection } from "./types";

const nodeTypes = { step: StepNode };
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
  onMove?: (moves: { step: string; at: Point }[]) => void;
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
  children?: ReactNode;
}

/** The canvas, the same for drawing, for previews and for runs. */
export function GraphCanvas(props: GraphCanvasProps) {
  const { steps, edges, selection, onSelect, editable = false, onMove, onConnect, onLoose, refuse, onOpen, onTidy, flowing, spliceEdge, children } = props;
  const level = useStore((state) => (state.transform[2] < 0.2 ? "far" : state.transform[2] < 0.5 ? "mid" : "near"));
  const flow = useReactFlow<StepFlowNode, StepFlowEdge>();
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

  // Once the backend has answered with the new places, the local ones are let go.
  useEffect(() => setMoving((current) => (current.size === 0 ? current : new Map())), [steps]);

  // Arrow keys move a step in small hops; they are one move when the keys rest.
  const dragging = useRef(false);
  const byKeys = useRef<{ places: Map<string, Point>; timer: ReturnType<typeof setTimeout> | undefined }>({ places: new Map(), timer: undefined });
  const settleKeys = useCallback((places: [string, Point][]) => {
    const held = byKeys.current;
    for (const [id, at] of places) held.places.set(id, at);
    clearTimeout(held.timer);
    held.timer = setTimeout(() => {
      const moves = [...held.places].map(([step, at]) => ({ step, at }));
      held.places.clear();
      onMove?.(moves);
    }, 350);
  }, [onMove]);

  const onNodesChange = useCallback((changes: NodeChange<StepFlowNode>[]) => {
    const picked = new Set(selection.steps);
    let touched = false;
    const places: [string, Point][] = [];
    for (const change of changes) {
      if (change.type === "select") {
        touched = true;
        if (change.selected) picked.add(change.id);
        else picked.delete(change.id);
      } else if (change.type === "position" && change.position) places.push([change.id, change.position]);
    }
    if (places.length > 0) {
      setMoving((current) => new Map([...current, ...places]));
      if (!dragging.current) settleKeys(places);
    }
    if (touched) onSelect({ steps: [...picked], edge: null });
  }, [selection.steps, onSelect, settleKeys]);

  const onEdgesChange = useCallback((changes: EdgeChange<StepFlowEdge>[]) => {
    for (const change of changes) if (change.type === "select" && change.selected) onSelect({ steps: [], edge: change.id });
  }, [onSelect]);

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
      <ReactFlow<StepFlowNode, StepFlowEdge>
        nodes={nodes} edges={flowEdges} nodeTypes={nodeTypes} edgeTypes={edgeTypes}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
        onNodeDragStart={() => { dragging.current = true; }}
        onNodeDragStop={(_event, _node, dragged) => {
          // The last change of a drag arrives around its end; it is not a key's.
          setTimeout(() => { dragging.current = false; }, 0);
          onMove?.(dragged.map((node) => ({ step: node.id, at: node.position })));
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
        onNodeDoubleClick={(_event, node) => onOpen?.(node.id)}
        nodesDraggable={editable} nodesConnectable={editable} elementsSelectable nodesFocusable edgesFocusable={editable}
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
      {steps.length > 3 ? <MiniMap steps={steps} /> : null}
      {children}
    </div>
  );
}
