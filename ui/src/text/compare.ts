import { many } from "./format";

export const compareWords = {
  open: "Compare with now", title: (title: string) => `What is different: “${title}”`, with: "Compare this run with", today: "The workflow as it is now", nowShort: "Now", thatShort: "The other run", thisRun: "This run",
  same: "Nothing is different. It would run the same steps, with the same answers and settings.",
  cannot: "The workflow cannot be planned as it is now, so it cannot be compared.",
  inputs: "Answers", settings: "Around it", steps: (count: number) => many(count, "step differs", "steps differ"), what: "What", none: "not there",
  how: { added: "New", removed: "Gone", changed: "Changed" },
  fields: { if: "Runs only if", after: "Comes after", on_error: "If it fails", for_each: "Once for each of", max_parallel: "At a time", max_failures: "May fail", off: "Switched off", uses: "Does" } as Record<string, string>,
};
