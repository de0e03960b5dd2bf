import { BaseEdge, type Edge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import type { EdgeView } from "../graph/view";

export type StepFlowEdge = Edge<{ edge: EdgeView; flowing: boolean; quiet: boolean }, "step">;

/** One edge: its dash and its sign say when it counts, its dot that a value flows. */
export const StepEdge = memo(function StepEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data, selected }: EdgeProps<StepFlowEdge>) {
  const [path, middleX, middleY] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, curvature: 0.3 });
  const edge = data?.edge;
  const on = edge?.on ?? "success";
  const names = edge?.data.map((flow) => `${flow.output} → ${flow.field.slice(1).replaceAll("/", " › ")}`).join("\n");
  return (
    <g data-testid={`edge-${id}`}>
      <BaseEdge path={path} className="wire" interactionWidth={20} data-on={on} data-flowing={data?.flowing || undefined} data-quiet={data?.quiet || undefined} />
      <path className="wire-tip" d={`M${targetX - 9} ${targetY - 4.5}L${targetX - 3.5} ${targetY}L${targetX - 9} ${targetY + 4.5}`} />
      {on !== "success" || selected ? (
        <g transform={`translate(${middleX} ${middleY})`}>
          <circle className="wire-sign" r="9" />
          {on === "failure" ? <path className="wire-sign-ink" data-on={on} d="M-3.5-3.5l7 7M3.5-3.5l-7 7" />
            : on === "success" ? <path className="wire-sign-ink" data-on={on} d="M-4 0l3 3 5-6" />
            : <path className="wire-sign-ink" d="M0 0c-2-3.2-6.4-3.2-6.4 0s4.4 3.2 6.4 0 6.4-3.2 6.4 0-4.4 3.2-6.4 0z" />}
        </g>
      ) : null}
      {names ? (
        <g transform={`translate(${on === "success" && !selected ? middleX : middleX + 18} ${middleY})`}>
          <circle r="10" fill="transparent"><title>{names}</title></circle>
          <circle className="wire-dot" r="4.5"><title>{names}</title></circle>
        </g>
      ) : null}
    </g>
  );
});
