import { many } from "./format";

export const driftWords = {
  title: "Changed by hand", help: "Asks every system of this run whether what it left is still so. Nothing is written.",
  look: "Look for changes by hand", again: "Look again", stop: "Stop", stopping: "Stopping", looked: "Looked",
  cannot: "The look could not begin.",
  progress: (done: number, of: number) => `${done} of ${many(of, "step has", "steps have")} answered`,
  same: (count: number) => many(count, "step as it was left", "steps as they were left"), unknown: (count: number) => `${many(count, "step", "steps")} that cannot be known`,
  states: { asking: "Asking", same: "As it was", changed: "Changed", cannot_know: "Cannot know", failed: "Not asked", stopped: "Stopped" },
  how: { gone: "is gone", added: "was added by hand", changed: "" }, element: (at: number) => `element ${at + 1}`, more: (count: number) => `and ${count.toLocaleString()} more`,
  was: "was", is: "is", none: "nothing", value: "Value",
  choose: "Deploying again asks each system to put these back; its preview says first what it would do. Leaving them changes nothing.", deploy: "Deploy again",
  stands: "What stands here was deployed", seeRun: "See that run",
  newer: "A later run did the same once more; what that one changed is told here as well.", seeNewer: "See that run",
};

export const insideWords = {
  open: "Look inside", title: (title: string) => `Inside “${title}”`, asking: "Asking the system what is inside. Nothing is written.", cannot: "It could not be looked at.",
  nothing: "Nothing to see inside", more: (count: number) => `${count.toLocaleString()} more are not drawn.`, in: (environment: string) => `in ${environment}`,
};
