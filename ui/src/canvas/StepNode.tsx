import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { Mark } from "../design/Mark";
import { blockedMeaning, MeaningIcon, stepMeaning } from "../design/meaning";
import { canvasWords } from "../text/canvas";
import { badgeIcons } from "./badges";
import type { CanvasStep } from "./types";

export type StepFlowNode = Node<{ step: CanvasStep }, "step">;

/** One step. It reads itself alone, so that dragging one draws one. */
export const StepNode = memo(function StepNode({ data: { step } }: NodeProps<StepFlowNode>) {
  const meaning = step.blocked ? blockedMeaning : step.state ? stepMeaning[step.state] : undefined;
  return (
    <div className="node" data-state={step.state} data-blocked={step.blocked || undefined} data-tone={step.tint?.tone ?? meaning?.tone} data-off={step.off || undefined} data-testid={`node-${step.id}`}>
      <Handle type="target" position={Position.Left} className="port" data-hidden={!step.editable || undefined} isConnectable={step.editable} data-testid={`port-in-${step.id}`} />
      <Mark manifest={step.manifest} size={36} />
      <div style={{ minWidth: 0 }}>
        <div className="node-title ellipsis" title={step.title}>{step.title}</div>
        {step.line ? <div className="node-line" title={step.line} data-testid={`step-line-${step.id}`}>{step.line}</div> : <div className="node-operation ellipsis">{step.operation}</div>}
      </div>
      {meaning ? (
        <div className="node-state" data-tone={meaning.tone} data-testid={`step-state-${step.id}`} data-value={step.blocked ? "blocked" : step.state}>
          <MeaningIcon meaning={meaning} /><span>{meaning.word}</span>
        </div>
      ) : step.tint ? <div className="node-state" data-tone={step.tint.tone}><span>{step.tint.word}</span></div> : <span />}
      {step.badges.length > 0 ? (
        <div className="node-badges">
          {step.badges.map((badge) => {
            const Icon = badgeIcons[badge.id];
            return <span key={badge.id} className="tag" title={badge.word}><Icon size={11} aria-label={badge.word} />{badge.text}</span>;
          })}
        </div>
      ) : null}
      {step.problems > 0 ? <span className="node-problems" title={canvasWords.problems(step.problems)} aria-label={canvasWords.problems(step.problems)}>{step.problems}</span> : null}
      <span className="node-full" data-long={step.title.length > 18 || undefined} aria-hidden>{step.title}</span>
      <Handle type="source" position={Position.Right} className="port" data-hidden={!step.editable || undefined} isConnectable={step.editable} data-testid={`port-out-${step.id}`} />
    </div>
  );
});
