import { useId, useState } from "react";
import { call } from "../../bridge/client";
import { put, useQuery } from "../../bridge/queries";
import type { ApiError } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { Said } from "../../design/Said";
import { scheduleWords } from "../../text/schedules";
import { words } from "../../text/words";
import { go } from "../../window/route";

/** What switching a schedule on means, before a person agrees to it. */
export function SwitchOn({ name, onClose }: { name: string; onClose: () => void }) {
  const { data: schedule, error: unread, retry } = useQuery("schedule.get", { schedule: name });
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const id = useId();
  const environment = schedule?.environment ?? "";
  const ready = schedule !== undefined && !busy && (!schedule.type_name || typed === environment);
  const agree = async () => {
    if (!schedule) return;
    setBusy(true);
    setError(null);
    try {
      put("schedule.get", { schedule: name }, await call("schedule.on", { schedule: name, fingerprint: schedule.fingerprint, ...(schedule.type_name ? { confirm: typed } : {}) }));
      onClose();
    } catch (failed) {
      setError(failed as ApiError);
      setBusy(false);
      retry();
    }
  };
  return (
    <Dialog open onClose={onClose} closeLabel={words.close} testId="switch-on" title={scheduleWords.onTitle(schedule?.title ?? name)}
      foot={<><Button size="roomy" look="quiet" onPress={() => { onClose(); go({ screen: "due", schedule: name, missed: false }); }} data-testid="switch-on-preview">{scheduleWords.look}</Button><span className="grow" /><Button size="roomy" onPress={onClose}>{words.cancel}</Button><Button size="roomy" look="primary" isDisabled={!ready} onPress={() => void agree()} data-testid="switch-on-agree">{scheduleWords.on}</Button></>}>
      <div className="stack" style={{ gap: 12 }}>
        {error ?? unread ? <ErrorCallout error={(error ?? unread) as ApiError} /> : null}
        {schedule ? <ul className="schedule-promise">{schedule.promise.map((sentence) => <li key={sentence}><Said text={sentence} /></li>)}</ul> : unread ? null : <Waiting words={scheduleWords.making(name)} />}
        {schedule?.type_name ? (
          <div className="field" data-roomy>
            <label className="field-label" htmlFor={id}>{scheduleWords.confirm(environment)}</label>
            <input id={id} className="input mono" value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} data-testid="switch-on-name" />
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}
