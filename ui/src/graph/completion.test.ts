import { describe, expect, it } from "vitest";
import { complete, nearestFor, pathAt } from "./completion";

const known = ["inputs.branch", "inputs.size", "steps.network.outputs.hosts", "steps.network.outputs.url", "steps.network.status", "environment.vars.chat"].map((expression) => ({ expression, label: expression }));

describe("the path under the caret", () => {
  it.each([
    ["inputs.br", 9, true, "inputs.br"], ["a == inputs.", 12, true, "inputs."], ["${{ steps.ne }}", 12, false, "steps.ne"], ["", 0, true, ""],
  ])("%s at %i", (text, caret, bare, typed) => expect(pathAt(text, caret, bare)?.typed).toBe(typed));
  it.each([["words inputs.br", 10, false], ["x ${{ a }} inputs.b", 18, false], ["a == 'inputs.b", 14, true]])("is none in %s", (text, caret, bare) => expect(pathAt(text, caret, bare)).toBeNull());
  it("takes in what stands behind the caret of the same word", () => expect(pathAt("inputs.branch == 1", 9, true)).toEqual({ from: 0, to: 13, typed: "inputs.br" }));
});

describe("completion", () => {
  it("offers what begins so, roots where nothing is typed, and names from anywhere", () => {
    expect(complete("steps.network.", known).map((one) => one.expression)).toEqual(["steps.network.status", "steps.network.outputs.url", "steps.network.outputs.hosts"]);
    expect(complete("", known).slice(0, 3).map((one) => one.expression)).toEqual(["steps.", "inputs.", "environment.vars."]);
    expect(complete("ho", known)[0]?.expression).toBe("steps.network.outputs.hosts");
    expect(complete("inputs.size", known)).toEqual([]);
    expect(complete("zzz", known)).toEqual([]);
  });
});

describe("a path that nothing knows", () => {
  it("is offered the nearest one, in its place", () => {
    expect(nearestFor("inputs.brnach == 'x'", known, [], true)).toEqual({ wrong: "inputs.brnach", from: 0, to: 13, right: "inputs.branch" });
    expect(nearestFor("a ${{ steps.netwrk.outputs.url }}", known, [], false)?.right).toBe("steps.network.outputs.url");
    expect(nearestFor("input.size", known, [], true)?.right).toBe("inputs.size");
  });
  it("is left alone where it is right, open, in quotes, or like nothing", () => {
    for (const text of ["inputs.branch.contains('a')", "steps.network.outputs.hosts[0].name", "steps.other.outputs.anything", "run.id", "environment.name == 'play'", "'inputs.brnach'", "inputs.entirely_different_name", "each.value"]) {
      expect(nearestFor(text, known, ["steps.other.outputs."], true)).toBeNull();
    }
  });
});
