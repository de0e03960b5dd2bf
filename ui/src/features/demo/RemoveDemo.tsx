import "./demo.css";
import { useEffect, useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, DemoView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { demoWords } from "../../text/demo";
import { words } from "../../text/words";
import { useGone } from "./gone";
import { Stays } from "./Stays";
import { forgetTour } from "./tour";

/** What would go and what stays, in words; then the click. */
export function RemoveDemo({ folder, onClose }: { folder: string; onClose: () => void }) {
  const [view, setView] = useState<DemoView | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [leave, setLeave] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let over = false;
    call("demo.preview", {}).then((seen) => { if (!over) setView(seen); }, (wrong: ApiError) => { if (!over) setError(wrong); });
    return () => { over = true; };
  }, []);
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      const removed = await call("demo.remove", { leave });
      forgetTour(folder);
      useGone.setState({ removed });
    } catch (wrong) {
      setError(wrong as ApiError);
      setBusy(false);
    }
  };
  return (
    <Dialog title={demoWords.dialog} open onClose={() => { if (!busy) onClose(); }} closeLabel={words.close} testId="remove-demo" width={560}
      foot={<><Button size="roomy" look="quiet" onPress={onClose} isDisabled={busy}>{words.cancel}</Button><Button size="roomy" look="danger" onPress={() => void remove()} isDisabled={!view || busy} data-testid="remove-demo-now">{busy ? demoWords.removing : demoWords.removeNow}</Button></>}>
      {error ? <ErrorCallout error={error} /> : null}
      {!view && !error ? <Waiting words={demoWords.looking} /> : null}
      {view ? (
        <div className="stack" style={{ gap: 16 }}>
          <p className="mono small quiet selectable" style={{ overflowWrap: "anywhere" }}>{view.folder}</p>
          {view.standing.length > 0 ? (
            <section className="stack" style={{ gap: 8 }} data-testid="demo-standing">
              <h3 className="section-title">{demoWords.standing(view.standing.length)}</h3>
              <ul className="demo-list">{view.standing.map((run) => <li key={run.run}><strong>{run.title}</strong> {demoWords.in(run.environment)} <span className="muted">{leave ? demoWords.left : run.words}</span></li>)}</ul>
              <label className="row" style={{ alignItems: "flex-start" }}><input type="checkbox" checked={leave} disabled={busy} onChange={(event) => setLeave(event.target.checked)} style={{ accentColor: "var(--accent)", margin: "3px 0 0" }} data-testid="demo-leave" /><span>{demoWords.leave}</span></label>
            </section>
          ) : null}
          <section className="stack" style={{ gap: 8 }} data-testid="demo-goes">
            <h3 className="section-title">{demoWords.goes}</h3>
            <ul className="demo-list">{view.goes.map((what) => <li key={what}>{what}</li>)}</ul>
          </section>
          <Stays stays={view.stays} />
        </div>
      ) : null}
    </Dialog>
  );
}
