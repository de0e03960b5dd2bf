import type { Json, StepView } from "../../bridge/types";
import { plain } from "../../text/format";
import { runWords } from "../../text/run";

/** What a node says under its title: what it does now, what came of it, why it does not go on. */
export function nodeLine(step: StepView, titleOf: (id: string) => string): string | null {
  switch (step.state) {
    case "waiting":
      if (step.held_by.length > 0) return runWords.heldBy(step.held_by.map(titleOf));
      return step.waits_for.length > 0 ? runWords.waitsFor(step.waits_for.map(titleOf)) : null;
    case "failed": case "asked": case "retrying": return step.error ? bare(step.error.message) : step.sentence;
    case "skipped": case "unknown": return bare(step.because ?? step.sentence);
    case "succeeded": return result(step) ?? null;
    case "undone": return null;
    default: return step.sentence || null;
  }
}

/** The result that a person would look for: what was made, else the first value that came out. */
function result(step: StepView): string | undefined {
  const [first, ...rest] = step.made;
  if (first) return rest.length > 0 ? runWords.madeMore(first.name, rest.length) : first.name;
  if (step.items.length > 0) return step.sentence;
  const value = step.outputs as Json;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const [entry] = Object.entries(value).filter(([, output]) => output !== null && output !== "");
  return entry ? `${entry[0]}: ${plain(entry[1])}` : undefined;
}

/** On a node there is no room to set values as code. */
const bare = (text: string) => text.replaceAll("`", "");
