import { PencilRuler } from "lucide-react";
import { useQuery } from "../../bridge/queries";
import type { WorkflowTile } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { Pill } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { MeaningIcon, meaningOfRun, severityMeaning, stepMeaning } from "../../design/meaning";
import { Near } from "../../design/Near";
import { homeWords } from "../../text/home";
import { TileIcon } from "./icons";
import { go } from "../../window/route";

/** One thing a person can deploy. */
export function Tile({ workflow, first = false }: { workflow: WorkflowTile; first?: boolean }) {
  const manifests = useQuery("connector.list", {}).data;
  const marks = workflow.systems.slice(0, 5);
  const last = workflow.last_run;
  // What counts for an operator is whether it still stands: an undo that went well has taken it back.
  const meaning = last ? (last.undoes && last.state === "succeeded" ? stepMeaning.undone : meaningOfRun(last)) : null;
  return (
    <article className="card tile" data-testid={`tile-${workflow.name}`}>
      <div className="tile-marks">
        {workflow.icon ? <TileIcon name={workflow.icon} /> : null}
        {marks.map((id) => <Mark key={id} manifest={manifests?.find((m) => m.id === id)} size={workflow.icon ? 20 : 28} />)}
        {workflow.systems.length > marks.length ? <span className="tile-more">+{workflow.systems.length - marks.length}</span> : null}
      </div>
      <div className="stack" style={{ gap: 4 }}>
        <h2 title={workflow.title}>{workflow.title}</h2>
        <p title={workflow.description}>{workflow.description}</p>
      </div>
      <div className="tile-foot">
        <div className="grow ellipsis small quiet">
          {workflow.problems > 0 ? <Pill tone="bad" bare icon={<MeaningIcon meaning={severityMeaning.error} size={14} />}>{homeWords.hasProblems(workflow.problems)}</Pill>
            : last && meaning ? <span className="row" style={{ gap: 6 }}><Pill tone={meaning.tone} bare icon={<MeaningIcon meaning={meaning} size={14} />}>{meaning.word}</Pill><span className="ellipsis"><Near at={last.created_at} /></span></span>
            : homeWords.neverRun}
        </div>
        <IconButton label={homeWords.edit} onPress={() => go({ screen: "studio", workflow: workflow.name })} data-leads="studio" data-testid={`edit-${workflow.name}`}><PencilRuler size={16} /></IconButton>
        <Button look={first ? "primary" : "plain"} onPress={() => go({ screen: "card", workflow: workflow.name })} isDisabled={workflow.problems > 0} data-leads="card" data-testid={`deploy-${workflow.name}`}>{homeWords.deploy}</Button>
      </div>
    </article>
  );
}
