export const runsWords = {
  title: "Runs", place: "Runs and schedules", search: "Search runs", all: "All", waiting: "Waiting", failed: "Failed", running: "Running", none: "No runs yet", noneBody: "Every deployment and every undo stands here, with what it did. Deploy something, or look at a preview first.", home: "Go Home",
  noMatch: "No run fits.", columns: { state: "State", name: "What", where: "Where", by: "By", when: "When", took: "Took" }, undoOf: "Undo of", undo: "Undo", filter: "Which runs", steps: "steps",
};
