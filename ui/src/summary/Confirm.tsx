import { type ReactNode, useId, useState } from "react";
import { call } from "../bridge/client";
import type { ApiError, PreviewView } from "../bridge/types";
import { Button } from "../design/Button";
import { Callout, ErrorCallout } from "../design/feedback";
import { Field } from "../design/fields";
import { losses } from "../graph/preview";
import { guardWords } from "../text/guard";
import { previewWords } from "../text/preview";
import { useOpening } from "../window/openings";
import { go } from "../window/route";
import { strangers } from "./Identities";

/** Why something begins although it is no time for that. */
export function Reason({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <Field label={guardWords.reason} help={guardWords.reasonHelp} id={id}>
      <input id={id} className="input" value={value} autoComplete="off" aria-describedby={`${id}-help`} onChange={(event) => onChange(event.target.value)} data-testid="override-reason" />
    </Field>
  );
}

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
  const stopped = strangers(preview).length;
  const opening = useOpening(environment.name, environment);
  const closed = opening !== undefined && !opening.open;
  // What waits for a yes is held against the time of that yes.
  const waits = environment.approval;
  const excusable = preview.undoes !== undefined || opening?.may_override === true;
  const [reason, setReason] = useState("");
  const timely = !closed || waits || (excusable && reason.trim() !== "");
  const ready = timely && stopped === 0 && blocked === 0 && !environment.read_only && (!environment.type_name || typed === environment.name) && (lost.length === 0 || knows) && !busy;
  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      const { run } = await call("run.start", { hash: preview.hash, approve: false, ...(closed && reason.trim() !== "" ? { override_window: reason.trim() } : {}), ...(environment.type_name ? { confirm: typed } : {}) });
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
      {stopped > 0 ? <p className="muted">{guardWords.strangers(stopped)}</p> : null}
      {closed ? <Callout tone="wait" testId="closed" title={guardWords.closedTitle(environment.title || environment.name)}>{opening.words} {waits ? guardWords.askNow : excusable ? "" : guardWords.noOverride}</Callout> : null}
      {closed && !waits && excusable && !environment.read_only ? <Reason value={reason} onChange={setReason} /> : null}
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
