import { CirclePower, FileText, FlaskConical, GitMerge, Hand, Pin, Repeat, RotateCw, Split, Zap } from "lucide-react";
import type { Step } from "../bridge/types";
import { canvasWords } from "../text/canvas";
import { words } from "../text/words";
import type { Badge } from "./types";

export const badgeIcons = { condition: Split, each: Repeat, retry: RotateCw, off: CirclePower, approval: Hand, simulated: FlaskConical, real: Zap, join: GitMerge, note: FileText, pin: Pin };

/** Whether a step of a preview or a run reaches the real system. */
export function modeBadge(mode: "real" | "simulated", open = false): Badge {
  if (open) return { id: "simulated", word: words.modeOpenHelp, text: words.modeOpen };
  return mode === "simulated" ? { id: "simulated", word: words.simulatedHelp, text: words.simulated } : { id: "real", word: words.realHelp, text: words.real };
}

/** What is true of a step and not seen otherwise; nothing else gets a badge. */
export function badgesOf(step: Step, parents = 0, pinned = false): Badge[] {
  const badges: Badge[] = [];
  if (step.off) badges.push({ id: "off", word: canvasWords.badges.off, text: canvasWords.badges.offShort });
  if (step.if) badges.push({ id: "condition", word: `${canvasWords.badges.condition}: ${step.if}`, text: canvasWords.badges.conditionShort });
  if (step.for_each) badges.push({ id: "each", word: `${canvasWords.badges.each}: ${step.for_each}`, text: canvasWords.badges.eachShort });
  if (step.retry && step.retry.attempts > 1) badges.push({ id: "retry", word: canvasWords.badges.retry(step.retry.attempts), text: `×${step.retry.attempts}` });
  // Where one step waits for several, the rule is in sight, also the usual one.
  if (parents > 1 || step.join !== "all") badges.push({ id: "join", word: canvasWords.badges.join(String(step.join), parents), text: canvasWords.badges.joinShort(String(step.join), parents) });
  if (step.uses === "approval/ask") badges.push({ id: "approval", word: canvasWords.badges.approval });
  if (step.note) badges.push({ id: "note", word: step.note });
  if (pinned) badges.push({ id: "pin", word: canvasWords.badges.pin });
  return badges;
}
