import { many } from "./format";

const list = new Intl.ListFormat("en", { style: "long", type: "conjunction" });

export const previewWords = {
  making: (title: string) => `Asking every system what “${title}” would change. Nothing is done.`, makingUndo: "Asking every system what taking it back would change. Nothing is done.",
  slow: "Some systems take a while to answer. You can wait, or go back; nothing has been done.", cannot: "There is no preview.", back: "Back to the studio", again: "Preview again",
  deploy: "Deploy", ask: "Ask for approval", undo: "Undo this deployment", copy: "Copy as text", copied: "Copied.", starting: "Starting",
  inTitle: (title: string, environment: string) => `${title} in ${environment}`,
  nothing: "Nothing would change.", lines: "What changes", byStep: "No changes in", noChanges: "changes nothing", skipped: "does not run", identity: "Who does it",
  as: (user: string | null, account: string | null, place: string | undefined) => `as ${user ?? "an unknown user"}${account ? ` in ${account}` : ""}${place ? `, ${place}` : ""}`,
  asYou: "As you, on this computer.", unproven: "could not be proven", certain: "Every line is certain.",
  unknown: (count: number, of: number) => `${count} of ${many(of, "step", "steps")} cannot be known before ${of === 1 ? "it runs" : "they run"}.`,
  waits: (names: string[]) => `Known after ${list.format(names)}; it is looked at again then.`,
  stateful: (names: string[]) => `I know that the data in ${list.format(names)} is lost.`, statefulBadge: "loses data",
  confirm: (name: string) => `Type ${name} to confirm.`, confirmHelp: "This environment is protected.",
  readOnly: (name: string) => `${name} is read only. Nothing is ever written there.`, blocked: (count: number) => `${many(count, "step", "steps")} could not be previewed, so nothing can be deployed yet.`,
  inputs: "Answers", change: "Change", inputsHelp: "The preview is made from these.", makeWithInputs: "Preview with these answers",
  simulatedAll: "All of it is simulated on this laptop.", realAll: "This reaches the real systems.", mixed: "Some of it is simulated, some is real.",
  systems: (names: string[]) => (names.length === 0 ? "" : `It uses ${list.format(names)}.`),
  undoAll: "You can take all of it back.", undoNone: "None of it can be taken back by Podium.", undoSome: (names: string[]) => `You can take it back, except ${list.format(names)}.`,
  toTools: "See the tools", toCredentials: "Go to credentials",
  undoTitle: (title: string) => `Take back “${title}”`, undoOf: "Step by step, in reverse order. Nothing is done before you say so.", undoCannot: "What stays", before: "before", after: "after", details: "Details", noDetails: "There is nothing more to show.",
  legend: "How sure", changesNothing: "These change nothing", cannotKnow: "What these change is known when they are reached", notesTitle: "Remarks", seeAll: "See every change",
};

export { list };
