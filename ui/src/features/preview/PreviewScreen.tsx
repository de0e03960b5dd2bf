import { useCallback, useEffect, useRef, useState } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import { ErrorCallout, Waiting } from "../../design/feedback";
import { Fold } from "../../design/fields";
import { SchemaForm } from "../../forms/SchemaForm";
import { useInputs } from "../../summary/useInputs";
import { usePreview } from "../../summary/usePreview";
import { Said } from "../../design/Said";
import { previewWords } from "../../text/preview";
import { words } from "../../text/words";
import { useEnvironment } from "../../window/environment";
import { go } from "../../window/route";
import { PreviewPage } from "./PreviewPage";

/** What a workflow would change, before anything is written. */
export function PreviewScreen({ workflow }: { workflow: string }) {
  const opened = useQuery("document.open", { workflow });
  const { name: environment, current } = useEnvironment();
  const document = opened.data?.document;
  const { schema, answers, errors, sent, known, complete, asks, change, submit } = useInputs(workflow, document?.inputs);
  // The preview is made from what was last submitted, not while typing.
  const [submitted, setSubmitted] = useState<string | null>(null);
  const looked = useRef(false);
  useEffect(() => {
    if (looked.current || !document || !known) return;
    looked.current = true;
    setSubmitted(sent);
  }, [document, known, sent]);
  const make = useCallback(() => call("preview.make", { workflow, inputs: JSON.parse(submitted ?? "{}"), ...(environment ? { environment } : {}) }), [workflow, submitted, environment]);
  const { view, error, busy, again } = usePreview(submitted === null || environment === null ? null : make);
  const slow = useSlow(busy);
  const title = opened.data?.document?.name ?? workflow;

  if (opened.error && !opened.data) return <div className="page-inner"><ErrorCallout error={opened.error} retry={opened.retry} retryLabel={words.tryAgain} /></div>;
  if (!opened.data) return <Waiting words={previewWords.making(title)} />;
  const form = asks ? (
    <div className="stack" style={{ gap: 16 }}>
      <SchemaForm schema={schema} value={answers} onChange={change} errors={errors} judged />
      <div><Button look={view ? "plain" : "primary"} size={view ? "dense" : "roomy"} isDisabled={!complete} onPress={() => void submit().then((next) => { if (next === submitted) again(); else if (next !== null) setSubmitted(next); })} data-testid="preview-inputs">{previewWords.makeWithInputs}</Button></div>
    </div>
  ) : null;
  // Whether the questions are answered already is known in a moment.
  if (submitted === null && document && !known) return <Waiting words={previewWords.making(title)} />;
  if (submitted === null) {
    return <div className="page scroll"><div className="page-inner" style={{ maxWidth: 560 }} data-roomy><h1 style={{ fontSize: "var(--t24)" }}>{title}</h1><p className="muted">{previewWords.inputsHelp}</p>{form}</div></div>;
  }
  if (error) {
    return (
      <div className="page scroll"><div className="page-inner" style={{ maxWidth: 720 }}>
        <ErrorCallout title={previewWords.cannot} error={error} retry={again} retryLabel={previewWords.again} actions={<Button onPress={() => go({ screen: "studio", workflow })}>{previewWords.back}</Button>} />
        {error.diagnostics?.filter((d) => d.severity === "error").map((d) => <p key={`${d.code}${d.address.field}`} className="muted"><strong>{d.address.step}</strong> <Said text={d.detail} /> <Said text={d.hint} /></p>)}
        {form}
      </div></div>
    );
  }
  if (!view || (busy && view.preview.environment !== environment)) return <Waiting words={slow ? previewWords.slow : previewWords.making(title)} />;
  return (
    <PreviewPage view={view} again={again} busy={busy} title={previewWords.inTitle(view.title, current?.title || view.preview.environment)}
      inputs={form ? <Fold title={previewWords.inputs}><div style={{ paddingTop: 8 }}>{form}</div></Fold> : null} />
  );
}

/** Whether something has been going on for more than two seconds. */
export function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!busy) return;
    const timer = setTimeout(() => setSlow(true), 2_000);
    return () => clearTimeout(timer);
  }, [busy]);
  return slow;
}
