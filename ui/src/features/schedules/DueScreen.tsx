import { useCallback } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { usePreview } from "../../summary/usePreview";
import { previewWords } from "../../text/preview";
import { scheduleWords } from "../../text/schedules";
import { words } from "../../text/words";
import { go } from "../../window/route";
import { PreviewPage } from "../preview/PreviewPage";
import { useSlow } from "../preview/PreviewScreen";

/** What the run of a schedule would change now: to try it, or for a time that was missed. */
export function DueScreen({ schedule, missed }: { schedule: string; missed: boolean }) {
  const of = useQuery("schedule.get", { schedule }).data;
  const make = useCallback(() => call("schedule.preview", { schedule, missed }), [schedule, missed]);
  const { view, error, busy, again } = usePreview(make);
  const slow = useSlow(busy);
  const title = of?.title ?? schedule;
  if (error) return <div className="page-inner"><ErrorCallout title={previewWords.cannot} error={error} retry={again} retryLabel={words.tryAgain} actions={<Button onPress={() => go({ screen: "schedules" })}>{scheduleWords.title}</Button>} /></div>;
  if (!view) return <Waiting words={slow ? previewWords.slow : scheduleWords.making(title)} />;
  return <PreviewPage view={view} again={again} busy={busy} title={missed ? scheduleWords.missedTitle(title) : scheduleWords.tryTitle(title)} {...(missed && of?.question ? { lead: of.question.sentence } : {})} />;
}
