import { create } from "zustand";
import type { JsonObject } from "../bridge/types";

/** What a person answered to a workflow's questions, kept while the window is open. */
export const useAnswers = create<{ answers: Record<string, JsonObject> }>(() => ({ answers: {} }));

export function setAnswers(workflow: string, answers: JsonObject): void {
  useAnswers.setState((state) => ({ answers: { ...state.answers, [workflow]: answers } }));
}
