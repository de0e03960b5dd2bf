import type { PreviewView } from "../bridge/types";
import { Button } from "../design/Button";
import { Callout } from "../design/feedback";
import { Said } from "../design/Said";
import { previewWords } from "../text/preview";
import { go } from "../window/route";

type Step = PreviewView["preview"]["steps"][number];

/** Why a step could not be previewed, and the way to where that is solved. */
export function StepProblem({ step }: { step: Step }) {
  const { problem } = step;
  if (!problem) return null;
  const way = problem.kind === "missing_tool" ? <Button onPress={() => go({ screen: "settings" })}>{previewWords.toTools}</Button>
    : problem.code.startsWith("POD05") ? <Button onPress={() => go({ screen: "credentials" })}>{previewWords.toCredentials}</Button> : null;
  return <Callout tone="bad" role="alert" title={<>{step.title}: <Said text={problem.message} /></>} actions={way}><Said text={problem.hint} /> <code className="quiet">{problem.code}</code></Callout>;
}
