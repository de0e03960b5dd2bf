import { describe, expect, it } from "vitest";
import type { Action, Change, Preview } from "../bridge/types";
import { ansiRuns, withoutEscapes } from "./ansi";
import { around, diffLines } from "./diff";
import { closer, layered } from "./layout";
import { outline } from "./outline";
import { at, withValue } from "./pointer";
import { linesOf, losses, plainName } from "./preview";
import type { EdgeView } from "./view";
import { edgesOfPlan } from "./view";

const edge = (from: string, to: string): EdgeView => ({ from, to, on: "success", drawn: true, data: [] });

describe("a preview", () => {
  const change = (action: Action, name: string, stateful = false): Change => ({ action, kind: "k", name, before: null, after: null, stateful });
  const step = (id: string, changes: Change[]): Preview["steps"][number] => ({ id, title: id, uses: "a/b", mode: "real", confidence: "exact", because: null, waits_for: [], changes, undo: { class: "delete", because: null } });
  const preview = { steps: [step("one", [change("create", "page"), change("run", "job")]), step("two", [change("replace", "database", true), change("delete", "cache"), change("update", "site")])] } as unknown as Preview;

  it("says the worst first, and lost data before all else", () => expect(linesOf(preview).map((line) => line.change.name)).toEqual(["database", "cache", "site", "page", "job"]));
  it.each([["request", "GET (known later)", "GET, address known later"], ["stack", "(known later)", "(its name is known later)"], ["stack", "shop-(known later)-eu", "shop-…-eu (in part known later)"], ["file", "a.txt", "a.txt"]])("calls a %s named %s: %s", (_kind, name, words) => expect(plainName({ name })).toBe(words));
  it("names what loses its data", () => expect(losses(preview)).toEqual(["database"]));
});

describe("the outline", () => {
  it("puts each step after those it needs", () => expect(outline(["c", "a", "b"], [edge("a", "b"), edge("b", "c")]).map((item) => item.id)).toEqual(["a", "b", "c"]));
  it("shows every step once, also in a circle", () => expect(outline(["a", "b", "c"], [edge("a", "b"), edge("b", "a")]).map((item) => item.id)).toEqual(["c", "a", "b"]));
});

describe("columns", () => {
  it("follow the longest way", () => expect(layered(["a", "b", "c"], [edge("a", "b"), edge("b", "c"), edge("a", "c")])).toEqual({ a: { x: 0, y: 0 }, b: { x: 300, y: 0 }, c: { x: 600, y: 0 } }));
  it("place every step of a circle", () => expect(Object.keys(layered(["a", "b"], [edge("a", "b"), edge("b", "a")]))).toEqual(["a", "b"]));
});

describe("a drawing that is only read", () => {
  it("comes closer, and keeps who stands where", () => expect(closer({ a: { x: 0, y: 0 }, b: { x: 600, y: 400 }, c: { x: 20, y: 400 }, d: { x: 900, y: 0 } })).toEqual({ a: { x: 0, y: 0 }, b: { x: 288, y: 104 }, c: { x: 20, y: 104 }, d: { x: 556, y: 0 } }));
  it("leaves alone what is close already", () => expect(closer({ a: { x: 0, y: 0 }, b: { x: 240, y: 70 } })).toEqual({ a: { x: 0, y: 0 }, b: { x: 240, y: 70 } }));
});

describe("edges of a plan", () => {
  it("tell which field takes the value", () => {
    const document = { podium: 1, name: "", inputs: {}, credentials: {}, outputs: {}, steps: { b: { uses: "x/y", with: { list: { hosts: "${{ steps.a.outputs.hosts }}" } }, needs: [], join: "all" as const, on_error: "stop" as const, credentials: {} } } };
    expect(edgesOfPlan([{ from: "a", to: "b", on: "success", kind: "data", paths: ["outputs.hosts"], drawn: false }], document)[0]?.data).toEqual([{ output: "hosts", field: "/list/hosts" }]);
  });
});

describe("JSON pointers", () => {
  it("read through escapes", () => expect(at({ "a/b": { "c~d": 1 } }, "/a~1b/c~0d")).toBe(1));
  it("make what is on the way, and leave the rest", () => expect(withValue({ x: 1 }, "/a/b", 2)).toEqual({ x: 1, a: { b: 2 } }));
  it("take away", () => expect(withValue({ a: { b: 1, c: 2 } }, "/a/b", undefined)).toEqual({ a: { c: 2 } }));
});

describe("texts", () => {
  it("show what differs with a few lines around it", () => {
    const long = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    const shown = around(diffLines(long.join("\n"), long.with(50, "größer").join("\n")));
    expect(shown.map((line) => line.text)).toEqual(["⋯", "line 48", "line 49", "line 50", "größer", "line 51", "line 52", "⋯"]);
    expect(around(diffLines("a", "b")).map((line) => line.kind)).toEqual(["gone", "new"]);
  });
  it("differ by line", () => expect(diffLines("a\nb\nc", "a\nx\nc")).toEqual([{ kind: "same", text: "a" }, { kind: "gone", text: "b" }, { kind: "new", text: "x" }, { kind: "same", text: "c" }]));
  it("keep the colours of tools and drop other escapes", () => expect(ansiRuns("a\u001b[31mred\u001b[0m\u001b[2Kb")).toEqual([{ text: "a", colour: null, bold: false }, { text: "red", colour: "bad", bold: false }, { text: "b", colour: null, bold: false }]));
  it("take the nearest of our own colours for one of 256 and for any other", () => {
    expect(ansiRuns("\u001b[38;5;196mred\u001b[38;2;20;200;30mgreen\u001b[38;5;45;1mcyan\u001b[48;5;1mplain").map((run) => [run.text, run.colour])).toEqual([["red", "bad"], ["green", "ok"], ["cyan", "cyan"], ["plain", "cyan"]]);
  });
  it("are copied without what escapes", () => expect(withoutEscapes("a\u001b[31mred\u001b[0m \u001b]0;title\u0007開店\r")).toBe("ared 開店"));
});
