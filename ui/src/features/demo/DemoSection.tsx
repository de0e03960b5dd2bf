import "./demo.css";
import { useState } from "react";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import { overlay } from "../../design/page";
import { demoWords, tourWords } from "../../text/demo";
import { startTour } from "./tour";

const RemoveDemo = overlay(() => import("./RemoveDemo").then((m) => m.RemoveDemo));

/** Of a workspace that is a demo: its tour, and the way to be rid of it. */
export function DemoSection() {
  const workspace = useQuery("workspace.get", {}).data;
  const [removing, setRemoving] = useState(false);
  if (!workspace?.demo) return null;
  return (
    <section className="stack demo-section" style={{ gap: 12 }} data-testid="demo-section">
      <h2 className="section-title">{demoWords.title}</h2>
      <p className="muted">{demoWords.lead}</p>
      <div className="row" style={{ flexWrap: "wrap" }}>
        <Button onPress={() => startTour(workspace.folder)} data-testid="tour-start">{tourWords.start}</Button>
        <Button onPress={() => setRemoving(true)} data-testid="demo-remove">{demoWords.remove}</Button>
      </div>
      {removing ? <RemoveDemo folder={workspace.folder} onClose={() => setRemoving(false)} /> : null}
    </section>
  );
}
