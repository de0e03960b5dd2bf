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
  emptyTitle: "No workflows yet", emptyBody: "A workflow is a drawing of what to do, in which order. Draw one here, or put a workflow file into the folder workflows.",
  other: "Other", forOthers: (count: number) => (count === 1 ? "1 workflow more is for other people. podium.yaml says who may run what." : `${count} workflows more are for other people. podium.yaml says who may run what.`),
  allForOthers: "No workflow here is for you. podium.yaml says who may run what; ask whoever keeps it.",
  first: { label: "How it goes", steps: [["Choose", "Press Deploy on a tile. Nothing is done yet."], ["Read", "Podium says in plain words what it would change."], ["Deploy", "Press Deploy again and watch. Undo takes it back."]] as [string, string][] },
  expiring: (count: number) => (count === 1 ? "A sign-in ends soon" : `${count} sign-ins end soon`), expired: "has expired", seeCredentials: "See credentials", moreThings: (count: number) => `${count} more in Runs`,
  undo: "Undo", watch: "Watch", where: "in", look: "Look",
};
