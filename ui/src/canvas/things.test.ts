import { describe, expect, it } from "vitest";
import { colourOf, frameAround, insideOf, thingOf } from "./things";

const steps = [{ id: "a", at: { x: 100, y: 100 } }, { id: "b", at: { x: 400, y: 100 } }, { id: "far", at: { x: 2000, y: 0 } }];
const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

describe("a frame", () => {
  it("carries the steps, notes and smaller frames whose middle is inside, not larger ones", () => {
    const frames = { whole: box(0, 0, 1000, 600), part: box(80, 60, 260, 140), around: box(-500, -500, 4000, 4000) };
    const notes = { in: box(700, 300, 200, 80), half: box(960, 0, 400, 80) };
    expect([...insideOf("whole", frames, notes, steps).keys()]).toEqual(["a", "b", "note:in", "frame:part"]);
    expect([...insideOf("part", frames, notes, steps).keys()]).toEqual(["a"]);
    expect(insideOf("gone", frames, notes, steps).size).toBe(0);
  });

  it("is drawn around steps so that it holds them, with room for its heading", () => {
    const frame = frameAround(steps.slice(0, 2), { x: 0, y: 0 });
    expect([...insideOf("f", { f: frame }, {}, steps).keys()]).toEqual(["a", "b"]);
    expect(frame.y).toBeLessThan(100 - 36);
    expect(frameAround([], { x: 500, y: 500 })).toMatchObject({ width: 360, height: 240 });
  });
});

it("a thing is told by its id, and a colour that nobody knows is the plain one", () => {
  expect(["network", "frame:west", "note:a:b"].map(thingOf)).toEqual([{ kind: "step", id: "network" }, { kind: "frame", id: "west" }, { kind: "note", id: "a:b" }]);
  expect([colourOf("bad"), colourOf("url(evil)"), colourOf(undefined)]).toEqual(["bad", "idle", "idle"]);
});
