import { describe, expect, it } from "vitest";
import { operationOf } from "../bridge/fake/manifests";
import type { Operation, WorkflowDocument } from "../bridge/types";
import { addStep, flow, freeId, freePlace, idFor, makeRoom, removeSteps, spliceStep, wouldCircle } from "./edits";

const empty: WorkflowDocument = { podium: 1, name: "", inputs: {}, credentials: {}, steps: {}, outputs: {} };
const op = (name: string): Operation => {
  const found = operationOf(name);
  if (!found) throw new Error(name);
  return found;
};

describe("ids", () => {
  it.each([
    ["Network", [], "network"], ["network", ["network"], "network_2"], ["network", ["network", "network_2"], "network_3"],
    ["9 lives", [], "lives"], ["Überraschung", [], "u_berraschung"], ["日本", [], "step"],
  ])("%s beside %j becomes %s", (base, taken, expected) => expect(freeId(base, taken)).toBe(expected));

  it("name a step by its system where the verb alone says little", () => {
    expect(idFor(op("terraform/apply"), [])).toBe("terraform");
    expect(idFor(op("ansible/playbook"), [])).toBe("playbook");
  });
});

describe("adding a step", () => {
  it("makes the credential slot that it cannot do without", () => {
    const { edits } = addStep(empty, op("cloudformation/deploy"), { x: 3, y: 11 });
    expect(edits).toEqual([
      { edit: "set_field", pointer: "/credentials/cloud", value: { type: "aws" } },
      { edit: "add_step", id: "cloudformation", uses: "cloudformation/deploy", with: {} },
      { edit: "set_field", pointer: "/steps/cloudformation/credentials/aws", value: "cloud" },
    ]);
  });

  it("uses the slot that is there", () => {
    const { edits } = addStep({ ...empty, credentials: { account: { type: "aws" } } }, op("cloudformation/deploy"), { x: 0, y: 0 });
    expect(edits.at(-1)).toEqual({ edit: "set_field", pointer: "/steps/cloudformation/credentials/aws", value: "account" });
  });

  it("between two others rewires both sides in one change", () => {
    const { edits } = addStep(empty, op("command/run"), { x: 0, y: 0 }, { splice: { from: "a", to: "b", on: "failure", drawn: true } });
    expect(edits.slice(1)).toEqual([
      { edit: "add_need", step: "command", needs: "a", on: "failure" },
      { edit: "remove_need", step: "b", needs: "a" },
      { edit: "add_need", step: "b", needs: "command", on: "success" },
    ]);
  });

  it("a step that is there already is put between two others in one change", () => {
    expect(spliceStep("x", { from: "a", to: "b", on: "always", drawn: true }, { x: 11, y: 9 }, { b: { x: 600, y: 0 } })).toEqual({
      label: "Put a step between", moves: { b: { x: 600, y: 0 }, x: { x: 20, y: 0 } },
      edits: [{ edit: "add_need", step: "x", needs: "a", on: "always" }, { edit: "remove_need", step: "b", needs: "a" }, { edit: "add_need", step: "b", needs: "x", on: "success" }],
    });
    // An edge that carries a value stays: the value still flows.
    expect(spliceStep("x", { from: "a", to: "b", on: "success", drawn: false }, { x: 0, y: 0 }).edits).toHaveLength(2);
  });

  it("steps, frames and notes are deleted as one change with a name that says what", () => {
    expect(removeSteps(["a"]).label).toBe("Delete a step");
    expect(removeSteps([], ["f"]).label).toBe("Delete a frame");
    expect(removeSteps(["a"], ["f"], ["n"])).toEqual({ label: "Delete 3 things", edits: [{ edit: "remove_step", id: "a" }], moves: {}, frames: { f: null }, notes: { n: null } });
  });

  it("stands on the grid", () => expect(addStep(empty, op("command/run"), { x: 29, y: -31 }).moves).toEqual({ command: { x: 20, y: -40 } }));

  it("put in between pushes what comes after to the right, and only that", () => {
    const places = [{ step: "a", at: { x: 0, y: 0 } }, { step: "b", at: { x: 300, y: 0 } }, { step: "c", at: { x: 600, y: 0 } }, { step: "x", at: { x: 300, y: 200 } }];
    expect(makeRoom({ x: 160, y: 0 }, "b", places, [{ from: "a", to: "b" }, { from: "b", to: "c" }, { from: "a", to: "x" }])).toEqual({ b: { x: 440, y: 0 }, c: { x: 740, y: 0 } });
    expect(makeRoom({ x: 0, y: 0 }, "b", places, [])).toEqual({});
  });

  it("never lies on another", () => expect(freePlace({ x: 0, y: 0 }, [{ x: 0, y: 0 }, { x: 20, y: 100 }])).toEqual({ x: 0, y: 200 }));
});

describe("an edge", () => {
  it("that carries a value needs no drawn one", () => {
    expect(flow("a", "hosts", "b", "/inventory/hosts", true).edits).toEqual([
      { edit: "set_field", pointer: "/steps/b/with/inventory/hosts", value: "${{ steps.a.outputs.hosts }}" },
      { edit: "remove_need", step: "b", needs: "a" },
    ]);
  });

  it("that closes a circle is seen, however long the way", () => {
    const edges = [{ from: "a", to: "b" }, { from: "b", to: "c" }, { from: "c", to: "d" }];
    expect(wouldCircle(edges, "d", "a")).toBe(true);
    expect(wouldCircle(edges, "a", "d")).toBe(false);
    expect(wouldCircle(edges, "a", "a")).toBe(true);
  });
});
