import type { BarKind, QuestionKind } from "../bridge/types";
import { many } from "./format";

const list = new Intl.ListFormat(undefined, { type: "conjunction" });

export const runWords = {
  opening: "Reading the run", cannotOpen: "This run could not be opened.",
  cancel: "Cancel", cancelAsk: "Cancel this deployment", cancelHelp: "What runs now is asked to stop. What was done stays, and can be undone.", cancelDo: "Cancel the deployment", keep: "Let it run",
  undo: "Undo", undoHelp: "Shows first what would be taken back.", again: "Deploy again", openWorkflow: "Open in the studio",
  undoes: "takes back", undoneBy: "Taken back by", seeRun: "See that run", seeOriginal: "See the deployment",
  made: "What was made", madeNothing: "Nothing was made.", outputs: "Results", inputs: "Answers", by: "Started by", when: "Started", took: "Took", where: "Where", changes: "Approved preview", stillRunning: "Still going on elsewhere", missing: "Results that could not be worked out",
  openLink: "Open", openNamed: (name: string) => `Open ${name}`, resultDone: "It is done.", resultUndone: "It is taken back.", resultTakenBack: "It was done, and has been taken back.", resultUndo: "You can take it back with Undo. It shows first what would go.", hidden: "hidden", hiddenHelp: "The system calls it sensitive; it is not shown.",
  step: "Step", overview: "Run", now: "Now", log: "Log", things: "Things", items: (count: number) => many(count, "element", "elements"),
  attempt: (n: number) => `Attempt ${n}`, remote: "Id in that system", waitsFor: (names: string[]) => `Waits for ${list.format(names)}`, heldBy: (names: string[]) => `Blocked until ${list.format(names)} is answered`, madeMore: (name: string, more: number) => `${name} and ${more} more`, blocked: "Blocked", goThere: (title: string) => `Go to “${title}”`,
  logSearch: "Search the log", logFollow: "Follow", logTimes: "Times", logEmpty: "No lines yet.", logNever: "This step wrote no log.", logLines: (count: number) => many(count, "line", "lines"), logMatches: (at: number, count: number) => (count === 0 ? "none" : `${at} of ${count}`), logNext: "Next match", logBefore: "Match before", logFailed: "The log could not be read.",
  logSearching: "searching", logFold: "Fold the parts", logUnfold: "Unfold the parts", logPart: (title: string) => `Fold “${title}”`, logHiddenOne: "line folded away", logHidden: "lines folded away", logCopy: "Copy the log",
  logCopied: (count: number, last: boolean) => (last ? `The last ${many(count, "line", "lines")} are copied.` : `${many(count, "line is", "lines are")} copied.`),
  timeline: "Timeline", timelineNow: "Back to now", timelineAt: (seq: number, of: number) => `Event ${seq} of ${of}`, past: "This is how it was then.", slider: "Moment of the run",
  bars: { prepare: "last look", work: "work", person: "waits for a person", vault: "waits for the vault", backoff: "waits before the next attempt" } satisfies Record<BarKind, string>,
  likely: "What happened", todo: "What to try", 
  questions: {
    preview: "Approve this deployment", approval: "Approval", differs: "It is no longer what was approved", unlock: "The vault is locked", failure: "This step failed", unknown: "Nobody knows whether it happened",
  } satisfies Record<QuestionKind, string>,
  askedOf: (names: string[]) => `Asked of ${names.join(", ")}.`, quorum: (by: number, of: number) => `${by} of ${of} said yes.`, comment: "Remark", commentPlaceholder: "For those who read this later (optional)",
  approve: "Approve", deny: "Refuse", unlockGo: "Unlock the vault",
  answers: {
    retry: ["Try again", "Runs this step once more, with the files as they are now."],
    edit: ["Change and try again", "Runs this step once more, with other inputs. Only this run is changed."],
    skip: ["Leave it out", "The step counts as skipped. Steps that need it are skipped too."],
    go_on: ["Count it as failed, go on", "Steps that do not need it still run."],
    stop: ["Stop here", "The run ends as failed. What was done stays, and can be undone."],
    done: ["It is done", "You looked, and it happened. The run goes on."],
    notDone: ["It did not happen", "You looked, and nothing was done. The step runs again."],
  },
  editTitle: (title: string) => `Try “${title}” again with other inputs`, editDo: "Try again",
  answered: "Answered.",
};
