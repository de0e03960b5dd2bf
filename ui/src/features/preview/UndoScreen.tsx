import { useCallback } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { usePreview } from "../../summary/usePreview";
import { previewWords } from "../../text/preview";
import { words } from "../../text/words";
import { go } from "../../window/route";
import { PreviewPage } from "./PreviewPage";
import { useSlow } from "./PreviewScreen";

/** What taking a run back would change, before it is taken back. */
export function UndoScreen({ run }: { run: string }) {
  const of = useQuery("run.get", { run }).data;
  const make = useCallback(() => call("run.preview_undo", { run }), [run]);
  const { view, error, busy, again } = usePreview(make);
  const slow = useSlow(busy);
  if (error) return <div className="page-inner"><ErrorCallout title={previewWords.cannot} error={error} retry={again} retryLabel={words.tryAgain} actions={<Button onPress={() => go({ screen: "run", run })}>{words.screens.run}</Button>} /></div>;
  if (!view) return <Waiting words={slow ? previewWords.slow : previewWords.makingUndo} />;
  return <PreviewPage view={view} again={again} busy={busy} title={previewWords.undoTitle(of?.title ?? run)} lead={previewWords.undoOf} />;
}
