import { many } from "./format";

export const homeWords = {
  nothing: "Nothing needs you.",
  waits: (count: number) => (count === 1 ? "1 deployment waits for you." : `${count} deployments wait for you.`),
  running: (count: number) => (count === 1 ? "1 deployment is running." : `${count} deployments are running.`),
  failed: (name: string) => `“${name}” failed. Nothing else needs you.`,
  search: "Search workflows",
  deploy: "Deploy",
  edit: "Edit in the studio",
  newWorkflow: "New workflow",
  newTitle: "A new workflow", newLabel: "Name", newHelp: "What it does, in a few words. You can change it later.", newPlaceholder: "Open a shop branch", create: "Create",
  neverRun: "Never deployed",
  hasProblems: (count: number) => `${many(count, "problem", "problems")} to solve first`,
  mine: "My things",
  nothingMine: "What you deploy stands here, with its undo.",
  noMatch: (query: string) => `No workflow has “${query}” in its name.`,
  emptyTitle: "No workflows yet", emptyBody: "A workflow is a drawing of what to do, in which order. Draw one, or look at the demo.",
  undo: "Undo", watch: "Watch", where: "in", look: "Look",
};
