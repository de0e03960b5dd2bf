import type { Operator } from "../graph/sentence";

export const conditionWords = {
  title: "Run this step when", always: "It always runs, once the steps before it are done.", expression: "ƒx", asExpression: "Write it as an expression", asSentence: "As a sentence",
  more: "This says more than a sentence can, so it stays an expression.", expressionHelp: "True or false, such as inputs.size == 'large'. Ctrl Space shows what can be used.", example: "inputs.size == 'large'",
  join: "How the parts go together", all: "All of these are so", any: "Any of these is so", add: "Add a condition", addMore: "Add another one", what: "What", how: "How it compares", value: "With what", remove: "Remove condition",
  choose: "Choose", valuePlaceholder: "Value", listPlaceholder: "One, another one",
  operators: {
    is: "is", isNot: "is not", more: "is more than", less: "is less than", atLeast: "is at least", atMost: "is at most", contains: "contains", containsNot: "does not contain", startsWith: "starts with", endsWith: "ends with",
    oneOf: "is one of", empty: "is empty", notEmpty: "is not empty", yes: "is yes", no: "is no",
  } satisfies Record<Operator, string>,
  held: "It was true, so the step ran.", heldNot: "It was not true, so the step was left out.", notYet: "Not looked at yet.",
};
