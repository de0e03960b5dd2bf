import type { Json, Operation, Step, Verb } from "../../bridge/types";
import { Field, Fold, Segmented, Switch } from "../../design/fields";
import { Draft } from "../../forms/Draft";
import { studioWords } from "../../text/studio";

/** When a step runs, how often, and what a failure means. */
export function Behaviour({ id, step, parents, operation, set }: { id: string; step: Step; parents: number; operation: Operation | undefined; set: (path: string, value: Json | undefined, label: string) => void }) {
  const used = [step.for_each, step.retry, step.timeout, step.off, step.note, step.on_error !== "stop" ? 1 : null].filter(Boolean).length;
  const limits = (["preview", "undo", "cancel"] as Verb[]).flatMap((verb) => {
    const support = operation?.capability[verb];
    if (!support || support.support === "yes") return [];
    return [support.support === "no" ? studioWords.cannot(studioWords.verbs[verb]?.toLowerCase() ?? verb, support.because) : studioWords.partly(studioWords.verbs[verb] ?? verb, support.because)];
  });
  return (
    <Fold title={studioWords.behaviour} aside={used > 0 ? <span className="count">{used}</span> : null} testId="behaviour">
      <div className="form" style={{ paddingTop: 8 }}>
        <Field label={studioWords.onError} help={studioWords.onErrorHelp}>
          <Segmented label={studioWords.onError} testId="field-on-error" value={step.on_error} onChange={(value) => set("/on_error", value === "stop" ? undefined : value, "Change what a failure means")}
            options={[{ value: "stop", label: studioWords.onErrors.stop }, { value: "continue", label: studioWords.onErrors.continue }, { value: "ask", label: studioWords.onErrors.ask }]} />
        </Field>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <div className="grow"><Field label={studioWords.attempts} id={`attempts-${id}`}>
            <Draft id={`attempts-${id}`} testId="field-attempts" inputMode="numeric" value={step.retry ? String(step.retry.attempts) : ""} placeholder="1" onCommit={(text) => {
              const attempts = Math.round(Number(text));
              if (!(attempts > 1)) { if (step.retry) set("/retry", undefined, "Try once only"); } else if (step.retry) set("/retry/attempts", attempts, "Change the attempts");
              else set("/retry", { attempts }, "Change the attempts");
            }} />
          </Field></div>
          <div className="grow"><Field label={studioWords.backoff} id={`backoff-${id}`}>
            <Draft id={`backoff-${id}`} testId="field-backoff" value={duration(step.retry?.backoff)} placeholder="2s" onCommit={(text) => { if (step.retry) set("/retry/backoff", text || undefined, "Change the wait"); }} />
          </Field></div>
          <div className="grow"><Field label={studioWords.timeout} id={`timeout-${id}`}>
            <Draft id={`timeout-${id}`} testId="field-timeout" value={duration(step.timeout)} placeholder="5m" onCommit={(text) => set("/timeout", text || undefined, "Change the longest time")} />
          </Field></div>
        </div>
        {parents > 1 ? (
          <Field label={studioWords.join} help={studioWords.joinHelp}>
            <Segmented label={studioWords.join} testId="field-join" value={String(step.join)} onChange={(value) => set("/join", value === "all" ? undefined : value === "any" ? "any" : Number(value), "Change the join")}
              options={[{ value: "all", label: studioWords.joins.all }, { value: "any", label: studioWords.joins.any }, ...(parents > 2 ? [{ value: "2", label: "2" }] : [])]} />
          </Field>
        ) : null}
        <Field label={studioWords.forEach} help={studioWords.forEachHelp} id={`each-${id}`}>
          <Draft id={`each-${id}`} testId="field-for-each" mono value={step.for_each ?? ""} onCommit={(text) => set("/for_each", text || undefined, "Change the loop")} />
        </Field>
        {step.for_each ? (
          <Field label={studioWords.parallel} id={`parallel-${id}`}>
            <Draft id={`parallel-${id}`} testId="field-max-parallel" inputMode="numeric" value={step.max_parallel ? String(step.max_parallel) : ""} placeholder="1" onCommit={(text) => set("/max_parallel", text ? Number(text) : undefined, "Change the loop")} />
          </Field>
        ) : null}
        <Field label={studioWords.note} id={`note-${id}`}>
          <Draft id={`note-${id}`} testId="field-note" multiline rows={2} value={step.note ?? ""} placeholder={studioWords.notePlaceholder} onCommit={(text) => set("/note", text || undefined, "Change a note")} />
        </Field>
        <Switch label={studioWords.off} value={step.off ?? false} onChange={(off) => set("/off", off || undefined, off ? "Switch a step off" : "Switch a step on")} testId="field-off" />
        {limits.length > 0 ? <ul className="stack small quiet" style={{ gap: 4 }}>{limits.map((limit) => <li key={limit}>{limit}</li>)}</ul> : null}
      </div>
    </Fold>
  );
}

/** Times come as text (`2s`) or, parsed, as milliseconds. */
function duration(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  const millis = typeof value === "number" ? value : Number((value as { millis?: number }).millis ?? 0);
  if (millis === 0) return "";
  for (const [unit, size] of [["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const) if (millis % size === 0) return `${millis / size}${unit}`;
  return `${millis}ms`;
}
