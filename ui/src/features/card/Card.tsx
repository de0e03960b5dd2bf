import "./card.css";
import { Said } from "../../design/Said";
import { ArrowLeft, ChevronRight } from "lucide-react";
import { useCallback, useState } from "react";
import { call } from "../../bridge/client";
import { useQuery } from "../../bridge/queries";
import { Button, LinkButton } from "../../design/Button";
import { Callout, ErrorCallout, Skeleton, Waiting } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { SchemaForm } from "../../forms/SchemaForm";
import { Confirm } from "../../summary/Confirm";
import { Strangers } from "../../summary/Identities";
import { Postcard } from "../../summary/Postcard";
import { StepProblem } from "../../summary/StepProblem";
import { useInputs } from "../../summary/useInputs";
import { usePreview } from "../../summary/usePreview";
import { cardWords } from "../../text/card";
import { previewWords } from "../../text/preview";
import { words } from "../../text/words";
import { useEnvironment } from "../../window/environment";
import { go } from "../../window/route";

/** For someone who does not code: two questions, a summary in plain words, one button. */
export function Card({ workflow }: { workflow: string }) {
  const workflows = useQuery("workflow.list", {});
  const manifests = useQuery("connector.list", {}).data;
  const { name: environment, current } = useEnvironment();
  const tile = workflows.data?.find((w) => w.name === workflow);
  const { schema, answers, errors, complete, asks, change, submit } = useInputs(workflow, tile?.inputs);
  const [tried, setTried] = useState(false);
  const [submitted, setSubmitted] = useState<string | null>(null);
  const answered = submitted ?? (tile && !asks ? "{}" : null);
  const make = useCallback(() => call("preview.make", { workflow, inputs: JSON.parse(answered ?? "{}"), ...(environment ? { environment } : {}) }), [workflow, answered, environment]);
  const { view, error, busy, again } = usePreview(answered === null || environment === null ? null : make);

  if (workflows.error) return <div className="card-page"><ErrorCallout error={workflows.error} retry={workflows.retry} retryLabel={words.tryAgain} /></div>;
  if (!workflows.data) return <Waiting words={cardWords.making} />;
  if (!tile) return <div className="card-page"><Callout tone="bad" title={cardWords.cannot}>{workflow}</Callout></div>;
  const showing = answered !== null && (busy || view || error);
  return (
    <div className="page scroll">
      <div className="card-page" data-testid="card">
        <header className="card-head">
          <div className="row" style={{ gap: 6 }}>{tile.systems.slice(0, 6).map((id) => <Mark key={id} manifest={manifests?.find((m) => m.id === id)} size={24} />)}</div>
          <h1>{tile.title}</h1>
          <p className="muted"><Said text={tile.description} /></p>
        </header>
        {tile.problems > 0 ? <Callout tone="bad" title={cardWords.cannot} actions={<Button onPress={() => go({ screen: "studio", workflow })}>{cardWords.edit}</Button>}>{cardWords.problems}</Callout> : null}
        {showing ? (
          <>
            {error ? <ErrorCallout title={cardWords.cannot} error={error} retry={again} retryLabel={words.tryAgain} /> : null}
            {busy && !view ? <div className="card postcard" role="status" aria-label={cardWords.making}><Skeleton width="60%" height={20} /><Skeleton /><Skeleton width="80%" /><span className="quiet">{cardWords.making}</span></div> : null}
            {view ? <Strangers preview={view.preview} /> : null}
            {view?.preview.steps.map((step) => <StepProblem key={step.id} step={step} />)}
            {view ? (
              <Postcard view={view} manifests={manifests} title={previewWords.inTitle(view.title, current?.title || view.preview.environment)}>
                <div style={{ marginTop: 12 }}>
                  <Confirm key={view.preview.hash} view={view} label={cardWords.deploy} size="large" again={again} />
                </div>
                <LinkButton onPress={() => go({ screen: "preview", workflow })} className="card-more" data-testid="see-all">{cardWords.seeAll}<ChevronRight size={14} aria-hidden /></LinkButton>
              </Postcard>
            ) : null}
            <div className="row">{asks ? <Button look="quiet" className="flush" onPress={() => setSubmitted(null)}><ArrowLeft size={14} aria-hidden />{cardWords.back}</Button> : null}{view?.preview.steps.some((step) => step.problem) ? <Button look="quiet" onPress={again} isDisabled={busy}>{previewWords.again}</Button> : null}</div>
          </>
        ) : (
          <form className="card card-form" data-roomy onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            void submit().then((sent) => { if (sent !== null) setSubmitted(sent); });
          }}>
            <SchemaForm schema={schema} value={answers} onChange={change} errors={errors} judged strict={tried} />
            <div style={{ marginTop: 24 }}><Button type="submit" look="primary" size="roomy" isDisabled={tile.problems > 0 || (tried && !complete)} data-testid="card-next">{cardWords.next}</Button></div>
          </form>
        )}
      </div>
    </div>
  );
}
