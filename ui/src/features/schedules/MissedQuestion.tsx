import { useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, ScheduleView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Callout } from "../../design/feedback";
import { Said } from "../../design/Said";
import { scheduleWords } from "../../text/schedules";
import { go } from "../../window/route";
import { sayError } from "../../window/toasts";

/** A time that was missed: run it now, or leave it. */
export function MissedQuestion({ schedule, named = false }: { schedule: ScheduleView; named?: boolean }) {
  const [busy, setBusy] = useState(false);
  if (!schedule.question) return null;
  const leave = async () => {
    setBusy(true);
    try {
      await call("schedule.leave", { schedule: schedule.name });
    } catch (error) {
      sayError(error as ApiError);
    }
    setBusy(false);
  };
  return (
    <Callout tone="wait" testId={`missed-${schedule.name}`} title={named ? scheduleWords.missedOne(schedule.title) : <Said text={schedule.question.sentence} />}
      actions={<><Button look="primary" onPress={() => go({ screen: "due", schedule: schedule.name, missed: true })} data-testid="missed-run">{scheduleWords.runNow}</Button><Button onPress={() => void leave()} isDisabled={busy} data-testid="missed-leave">{scheduleWords.leave}</Button></>}>
      {named ? <Said text={schedule.question.sentence} /> : null}
    </Callout>
  );
}
