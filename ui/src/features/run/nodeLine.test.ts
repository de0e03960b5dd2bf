import { expect, it } from "vitest";
import type { StepView } from "../../bridge/types";
import { meaningOfStep } from "../../design/meaning";
import { nodeLine } from "./nodeLine";

const step = (part: Partial<StepView>): StepView => ({ state: "waiting", sentence: "", waits_for: [], held_by: [], because: null, error: null, made: [], items: [], outputs: {}, ...part }) as StepView;
const titleOf = (id: string) => id.toUpperCase();
const error = { kind: "failed", code: "POD0461", message: "`Port` must be below 65536.", retry: "permanent" } as never;

it.each<[string, Partial<StepView>, string | null]>([
  ["what it waits for", { waits_for: ["a", "b"] }, "Waits for A and B"],
  ["who holds it", { waits_for: ["a"], held_by: ["sign_off"] }, "Blocked until SIGN_OFF is answered"],
  ["the error, on the node itself", { state: "failed", error }, "Port must be below 65536."],
  ["the error while a person is asked", { state: "asked", error }, "Port must be below 65536."],
  ["why it was left out", { state: "skipped", because: "Its condition `x` does not hold." }, "Its condition x does not hold."],
  ["what it does now", { state: "running", sentence: "Creating 2 of 5" }, "Creating 2 of 5"],
  ["what was made", { state: "succeeded", made: [{ kind: "page", name: "http://127.0.0.1:8080" }, { kind: "file", name: "x" }] }, "http://127.0.0.1:8080 and 1 more"],
  ["the first result", { state: "succeeded", outputs: { empty: "", url: "http://a" } }, "url: http://a"],
  ["nothing where there is nothing to say", { state: "succeeded" }, null],
])("a node says %s", (_what, part, line) => expect(nodeLine(step(part), titleOf)).toBe(line));

it("waiting, blocked and skipped are told apart by word and by icon", () => {
  const meanings = [step({}), step({ held_by: ["a"] }), step({ state: "skipped" })].map(meaningOfStep);
  expect(new Set(meanings.map((meaning) => meaning.word)).size).toBe(3);
  expect(new Set(meanings.map((meaning) => meaning.Icon)).size).toBe(3);
});
