import { many } from "./format";

export const formWords = {
  expression: "Use an expression", fixed: "Use a fixed value", optional: "optional", defaultIs: (value: string) => `Left empty, it is ${value.replace(/[.!?]$/, "")}.`, default: "default",
  listHelp: "One a line.", addRow: "Add a value", name: "Name", value: "Value", removeRow: "Remove", rowOf: (title: string, at: number) => `${title} ${at}`, yes: "Yes", no: "No", choose: "Choose",
  more: "More", refresh: "Look again", loading: "Looking", cannotLook: "The choices could not be read.", age: "Read", choices: (count: number) => many(count, "choice", "choices"), noChoices: "Nothing to choose from. A name can be typed.",
  suggestions: "Values to use", noSuggestions: "There is nothing to use yet: no inputs, and no step before this one.",
  takeFix: (value: string) => `Use ${value}`, unknownPath: (path: string) => `Nothing is called ${path}.`, takeNearest: (path: string) => `Use ${path}`, lastRun: (when: string) => (when ? `In the run of ${when}:` : "In the last run:"), lastRunNone: "The last run has no value for this.",
  expressionHelp: "Text with ${{ }} around what is worked out when it runs.",
  anyHelp: "Text, a number, or a structure in JSON.", badJson: "This is not finished JSON.", hostsHelp: "Names or addresses, one a line.",
};
