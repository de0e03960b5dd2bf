import type { Action, Change, Confidence, Preview, PreviewStep } from "../bridge/types";

/** Worst first: what destroys stands above what creates. */
export const worstFirst: readonly Action[] = ["delete", "replace", "update", "create", "run", "read"];

export interface PreviewLine { step: PreviewStep; change: Change; at: number; confidence: Confidence; because: string | null }

/** Every change of every step, worst first, in the order of the steps within. */
export function linesOf(preview: Preview): PreviewLine[] {
  return preview.steps
    .flatMap((step) => step.changes.map((change, at): PreviewLine => ({ step, change, at, confidence: change.confidence ?? step.confidence, because: change.because ?? (change.confidence ? null : step.because) })))
    .map((line, order) => ({ line, order }))
    .toSorted((a, b) => rank(a.line) - rank(b.line) || a.order - b.order)
    .map(({ line }) => line);
}

function rank(line: PreviewLine): number {
  // Losing data is worse than any other replacement or deletion.
  const { action, stateful } = line.change;
  return worstFirst.indexOf(action) - (stateful && (action === "delete" || action === "replace") ? 10 : 0);
}

/** The worst thing that happens in a step; `null` where nothing does. */
export function worstOf(step: PreviewStep): Action | null {
  for (const action of worstFirst) if (action !== "read" && step.changes.some((change) => change.action === action)) return action;
  return null;
}

/** Names of the things whose data would be lost. */
export function losses(preview: Preview): string[] {
  return preview.steps.flatMap((step) => step.changes).filter((change) => change.stateful && (change.action === "delete" || change.action === "replace")).map((change) => change.name);
}

const knownLater = "(known later)";

/** The name of a change for people: a part that is known only later is said in words. */
export function plainName(change: Pick<Change, "name">): string {
  const { name } = change;
  if (name === knownLater) return "(its name is known later)";
  if (/^[A-Z]+ \(known later\)$/.test(name)) return `${name.slice(0, name.indexOf(" "))}, address known later`;
  return name.includes(knownLater) ? `${name.replaceAll(knownLater, "…")} (in part known later)` : name;
}

/** The preview as plain text, for a chat or a pull request. */
export function asText(title: string, preview: Preview, verbs: Record<Action, string>): string {
  const lines = linesOf(preview).map(({ step, change, confidence }) => `- ${verbs[change.action]} ${change.kind} ${plainName(change)} (${step.title}; ${confidence})`);
  return [`${title} in ${preview.environment}`, preview.summary.words, "", ...lines, "", preview.hash].join("\n");
}
