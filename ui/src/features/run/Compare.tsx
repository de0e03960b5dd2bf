import { useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { Comparison, Difference, Json, RunView } from "../../bridge/types";
import { Dialog } from "../../design/Dialog";
import { Callout, ErrorCallout, Pill, Skeleton } from "../../design/feedback";
import { Select } from "../../design/fields";
import { Said } from "../../design/Said";
import { exact, plain, titleOf } from "../../text/format";
import { compareWords } from "../../text/compare";
import { words } from "../../text/words";

const now = "now";

/** What is different between this run and the workflow of today, or another run of it. */
export function Compare({ view, onClose }: { view: RunView; onClose: () => void }) {
  const [other, setOther] = useState(now);
  const runs = useQuery("run.list", { workflow: view.workflow, limit: 50 }).data?.filter((run) => run.id !== view.id && !run.undoes) ?? [];
  const { data, error, retry } = useQuery("run.compare", other === now ? { run: view.id } : { run: view.id, with: other });
  const choices = [{ value: now, label: compareWords.today }, ...runs.map((run) => ({ value: run.id, label: `${words.runStates[run.state]}, ${exact(new Date(run.created_at).toISOString())}` }))];
  return (
    <Dialog title={compareWords.title(view.title)} open onClose={onClose} closeLabel={words.close} width={680} testId="compare">
      {runs.length > 0 ? <div data-roomy className="field"><span className="field-label" id="compare-with">{compareWords.with}</span><Select label={compareWords.with} value={other} options={choices} onChange={setOther} testId="compare-with" /></div> : null}
      {error ? <ErrorCallout error={error} retry={retry} retryLabel={words.tryAgain} /> : null}
      {data ? <Differences comparison={data} other={other === now ? compareWords.nowShort : compareWords.thatShort} /> : error ? null : <Skeleton height={60} />}
    </Dialog>
  );
}

function Differences({ comparison, other }: { comparison: Comparison; other: string }) {
  const { inputs, settings, steps, problem } = comparison;
  if (problem) return <Callout tone="wait" title={compareWords.cannot}><Said text={problem.message} /> {problem.hint}</Callout>;
  if (inputs.length + settings.length + steps.length === 0) return <p data-testid="compare-same">{compareWords.same}</p>;
  return (
    <div className="stack" style={{ gap: 20 }}>
      {inputs.length > 0 ? <section className="stack"><h3 className="section-title">{compareWords.inputs}</h3><Table rows={inputs} other={other} testId="compare-inputs" /></section> : null}
      {steps.length > 0 ? (
        <section className="stack" data-testid="compare-steps">
          <h3 className="section-title">{compareWords.steps(steps.length)}</h3>
          {steps.map((step) => (
            <div key={step.id} className="card compare-step" data-how={step.how}>
              <div className="row"><strong className="grow ellipsis" title={step.title}>{step.title} <code className="quiet">{step.id}</code></strong><Pill tone={step.how === "changed" ? "wait" : step.how === "added" ? "ok" : "bad"}>{compareWords.how[step.how]}</Pill></div>
              {step.fields.length > 0 ? <Table rows={step.fields} other={other} /> : null}
            </div>
          ))}
        </section>
      ) : null}
      {settings.length > 0 ? <section className="stack"><h3 className="section-title">{compareWords.settings}</h3><Table rows={settings} other={other} testId="compare-settings" /></section> : null}
    </div>
  );
}

function Table({ rows, other, testId }: { rows: Difference[]; other: string; testId?: string }) {
  return (
    <table className="compare-table selectable" data-testid={testId}>
      <thead><tr><th scope="col">{compareWords.what}</th><th scope="col">{compareWords.thisRun}</th><th scope="col">{other}</th></tr></thead>
      <tbody>{rows.map((row) => <tr key={row.what}><th scope="row" title={row.what}>{named(row.what)}</th><td data-kind="gone">{shown(row.before)}</td><td data-kind="new">{shown(row.after)}</td></tr>)}</tbody>
    </table>
  );
}

/** A path in the words of the screens: what a step takes is called by its name alone. */
function named(path: string): string {
  return path.split(".").filter((part, at) => !(at === 0 && (part === "with" || part === "vars"))).map((part) => compareWords.fields[part] ?? titleOf(part)).join(" › ");
}

function shown(value: Json | null): string {
  return value === null || value === undefined ? compareWords.none : plain(value);
}
