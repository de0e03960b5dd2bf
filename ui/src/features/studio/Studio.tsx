import "./studio.css";
import { ReactFlowProvider } from "@xyflow/react";
import { Workflow } from "lucide-react";
import { useEffect } from "react";
import { useQuery } from "../../bridge/queries";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { studioWords } from "../../text/studio";
import { words } from "../../text/words";
import { usePreferences } from "../../window/preferences";
import { go } from "../../window/route";
import { Desk } from "./Desk";
import { useDocument } from "./useDocument";

/** Where an author draws. */
export function Studio({ workflow, step }: { workflow: string | null; step: string | null }) {
  if (workflow === null) return <PickWorkflow />;
  return <ReactFlowProvider><OpenStudio workflow={workflow} step={step} /></ReactFlowProvider>;
}

function OpenStudio({ workflow, step }: { workflow: string; step: string | null }) {
  const open = useDocument(workflow);
  useEffect(() => { usePreferences.setState({ lastWorkflow: workflow }); }, [workflow]);
  useEffect(() => { if (open.error && !open.view) usePreferences.setState({ lastWorkflow: null }); }, [open.error, open.view]);
  if (!open.view) return open.error ? <div className="page-inner"><ErrorCallout title={studioWords.cannotOpen} error={open.error} retry={open.retry} /></div> : <Waiting words={studioWords.opening} />;
  return <Desk workflow={workflow} open={open} step={step} />;
}

function PickWorkflow() {
  const workflows = useQuery("workflow.list", {}).data;
  return (
    <div className="page scroll">
      <div className="studio-pick">
        <h1 style={{ fontSize: "var(--t24)" }}>{studioWords.none.title}</h1>
        <p className="muted">{studioWords.none.body}</p>
        <ul className="card">
          {workflows?.map((w) => (
            <li key={w.name}><button type="button" className="drawer-row" style={{ alignItems: "center", minHeight: 44 }} onClick={() => go({ screen: "studio", workflow: w.name })}><Workflow size={16} aria-hidden /><span className="grow ellipsis">{w.title}</span><span className="quiet small">{words.steps(w.steps)}</span></button></li>
          ))}
        </ul>
      </div>
    </div>
  );
}
