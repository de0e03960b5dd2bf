import { type ReactNode, useId, useState } from "react";
import { call } from "../bridge/client";
import type { ApiError, PreviewView } from "../bridge/types";
import { Button } from "../design/Button";
import { Callout, ErrorCallout } from "../design/feedback";
import { losses } from "../graph/preview";
import { previewWords } from "../text/preview";
import { go } from "../window/route";

/** What must hold before the click, and the click itself. */
export function Confirm({ view, label, danger, size = "roomy", again, aside }: { view: PreviewView; label: string; danger?: boolean; size?: "roomy" | "large"; again: () => void; aside?: ReactNode }) {
  const { preview, environment } = view;
  const [typed, setTyped] = useState("");
  const [knows, setKnows] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const id = useId();
  const lost = losses(preview);
  const blocked = preview.steps.filter((step) => step.problem).length;
  const ready = blocked === 0 && !environment.read_only && (!environment.type_name || typed === environment.name) && (lost.length === 0 || knows) && !busy;
  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      const { run } = await call("run.start", { hash: preview.hash, approve: false, ...(environment.type_name ? { confirm: typed } : {}) });
      go({ screen: "run", run });
    } catch (failed) {
      setError(failed as ApiError);
      setBusy(false);
    }
  };
  return (
    <div className="stack" style={{ gap: 12 }}>
      {error ? <ErrorCallout error={error} retry={error.code === "POD0713" ? again : undefined} retryLabel={previewWords.again} /> : null}
      {blocked > 0 ? <p className="muted">{previewWords.blocked(blocked)}</p> : null}
      {environment.read_only ? <Callout tone="bad">{previewWords.readOnly(environment.title || environment.name)}</Callout> : null}
      {lost.length > 0 ? <label className="row" style={{ alignItems: "flex-start" }}><input type="checkbox" checked={knows} onChange={(event) => setKnows(event.target.checked)} style={{ accentColor: "var(--accent)", margin: "3px 0 0" }} data-testid="confirm-loss" /><span>{previewWords.stateful(lost)}</span></label> : null}
      {environment.type_name && !environment.read_only ? (
        <div className="field" data-roomy>
          <label className="field-label" htmlFor={id}>{previewWords.confirm(environment.name)}</label>
          <input id={id} className="input mono" value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} data-testid="confirm-name" />
        </div>
      ) : null}
      <div className="row" style={{ flexWrap: "wrap" }}><div className="grow"><Button look={danger ? "danger" : "primary"} size={size} isDisabled={!ready} onPress={() => void start()} data-testid={preview.undoes ? "undo-confirm" : "deploy"}>{busy ? previewWords.starting : !preview.undoes && environment.approval ? previewWords.ask : label}</Button></div>{aside}</div>
    </div>
  );
}
