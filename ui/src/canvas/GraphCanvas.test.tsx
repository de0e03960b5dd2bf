import { type ReactFlowInstance, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { act, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { GraphCanvas } from "./GraphCanvas";
import type { StepNode } from "./StepNode";
import { type CanvasStep, nothing } from "./types";

const drawn: string[] = [];
vi.mock("./StepNode", async (load) => {
  const { memo } = await import("react");
  const real = await load<{ StepNode: typeof StepNode }>();
  // Counts what the canvas asks to be drawn, under the same memo as the real node.
  return { StepNode: memo((props: Parameters<typeof real.StepNode>[0]) => { drawn.push(props.id); return <real.StepNode {...props} />; }) };
});

const step = (n: number, x = n * 30): CanvasStep => ({ id: `s${n}`, at: { x, y: n * 20 }, title: `Step ${n}`, operation: "Runs", manifest: undefined, badges: [], problems: 0, off: false, editable: true });
const edges = [{ from: "s0", to: "s1", on: "failure" as const, drawn: true, data: [] }];
const all = Array.from({ length: 20 }, (_, n) => step(n));
const canvas = (steps: CanvasStep[], selected: string[] = []) => <ReactFlowProvider><GraphCanvas steps={steps} edges={edges} selection={{ steps: selected, edge: null }} onSelect={() => {}} editable /></ReactFlowProvider>;

beforeEach(() => { drawn.length = 0; });

it("moving one of many draws one", () => {
  const { rerender } = render(canvas(all));
  expect(new Set(drawn).size).toBe(20);
  drawn.length = 0;
  rerender(canvas(all.map((s, n) => (n === 7 ? step(7, 400) : s))));
  expect(new Set(drawn)).toEqual(new Set(["s7"]));
});

it("a frame and a note are drawn with steps", () => {
  const frames = { west: { x: 0, y: 0, width: 400, height: 300, title: "Filiale Köln", color: "ok" } };
  const notes = { why: { x: 20, y: 20, width: 200, height: 100, text: "**Why**" } };
  const whole = (steps: CanvasStep[]) => <ReactFlowProvider><GraphCanvas steps={steps} edges={edges} frames={frames} notes={notes} selection={nothing} onSelect={() => {}} editable /></ReactFlowProvider>;
  render(whole(all));
  expect(screen.getByTestId("frame-west")).toHaveTextContent("Filiale Köln");
  expect(screen.getByTestId("frame-west")).toHaveAttribute("data-colour", "ok");
  expect(screen.getByTestId("note-why").querySelector("strong")).toHaveTextContent("Why");
});

it("selecting one of many draws one", () => {
  const { rerender } = render(canvas(all));
  drawn.length = 0;
  rerender(canvas(all, ["s3"]));
  expect(new Set(drawn)).toEqual(new Set(["s3"]));
});

it("an edge is told to a screen reader with its ends and when it counts", () => {
  render(<ReactFlowProvider><GraphCanvas steps={all} edges={edges} selection={nothing} onSelect={() => {}} editable /></ReactFlowProvider>);
  expect(screen.getByLabelText("From s0 to s1, after failure")).toBeInTheDocument();
});

it("what the view flies to stays drawn all the way", async () => {
  let flow: ReactFlowInstance | undefined;
  const Pilot = () => { flow = useReactFlow(); return null; };
  render(<ReactFlowProvider><GraphCanvas steps={all} edges={edges} selection={nothing} onSelect={() => {}} editable><Pilot /></GraphCanvas></ReactFlowProvider>);
  const node = screen.getByTestId("node-s3");
  const view = () => (document.querySelector(".react-flow__viewport") as HTMLElement).style.transform;
  const before = view();
  // A flight so long that this test is over before it has landed, on any machine.
  act(() => void flow?.setCenter(200, 100, { zoom: 0.8, duration: 3_600_000 }));
  await waitFor(() => expect(view()).not.toBe(before));
  expect(view()).not.toContain("NaN");
  expect(screen.getByTestId("node-s3")).toBe(node);
});
