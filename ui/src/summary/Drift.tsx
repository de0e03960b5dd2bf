import { Ban, CircleCheck, CircleHelp, CircleX, Hand, Loader, Search } from "lucide-react";
import { useState } from "react";
import { call } from "../bridge/client";
import { put, useQuery } from "../bridge/queries";
import type { ApiError, DriftRow, DriftState, DriftThing, DriftView, Json, Manifest } from "../bridge/types";
import { manifestOf } from "../canvas/readOnly";
import { Button, LinkButton } from "../design/Button";
import { ErrorCallout, Pill, type Tone } from "../design/feedback";
import { Fold } from "../design/fields";
import { Mark } from "../design/Mark";
import { Near } from "../design/Near";
import { Said } from "../design/Said";
import { around, diffLines } from "../graph/diff";
import { driftWords } from "../text/drift";
import { plain } from "../text/format";
import { words } from "../text/words";
import { go } from "../window/route";
import { ModeTag } from "./Postcard";

const meanings: Record<DriftState, { tone: Tone; Icon: typeof Hand }> = {
  asking: { tone: "busy", Icon: Loader }, same: { tone: "ok", Icon: CircleCheck }, changed: { tone: "wait", Icon: Hand },
  cannot_know: { tone: "odd", Icon: CircleHelp }, failed: { tone: "bad", Icon: CircleX }, stopped: { tone: "idle", Icon: Ban },
};

/** Whether what a run left is still so: asked when a person asks, told as the answers come. */
export function Drift({ run, manifests, again, stands }: { run: string; manifests: Manifest[] | undefined; again?: (() => void) | undefined; stands?: number }) {
  const view = useQuery("drift.get", { run }).data ?? null;
  const [error, setError] = useState<ApiError | null>(null);
  const [stopping, setStopping] = useState(false);
  const look = () => {
    setError(null);
    setStopping(false);
    call("drift.look", { run }).then((begun) => put("drift.get", { run }, begun), (error: ApiError) => setError(error));
  };
  const stop = () => {
    setStopping(true);
    call("drift.stop", { run }).then((now) => put("drift.get", { run }, now), (error: ApiError) => setError(error));
  };
  return (
    <section className="stack drift" data-testid="drift" aria-label={driftWords.title}>
      <div className="section-title"><span className="grow">{driftWords.title}</span>{view?.ended != null ? <span className="quiet small">{driftWords.looked} <Near at={view.ended} /></span> : null}</div>
      {stands === undefined ? null : <p className="muted small">{driftWords.stands} <Near at={stands} />. <LinkButton onPress={() => go({ screen: "run", run })}>{driftWords.seeRun}</LinkButton></p>}
      {error ? <ErrorCallout title={driftWords.cannot} error={error} retry={look} retryLabel={words.tryAgain} /> : null}
      {view === null ? (
        error ? null : <div className="row" style={{ flexWrap: "wrap" }}><Button onPress={look} data-testid="drift-look"><Search size={14} aria-hidden />{driftWords.look}</Button><span className="quiet small grow" style={{ flexBasis: "14rem" }}>{driftWords.help}</span></div>
      ) : view.ended === null ? <Asking view={view} manifests={manifests} stopping={stopping} onStop={stop} /> : <Found view={view} manifests={manifests} look={look} again={again} />}
    </section>
  );
}

function Asking({ view, manifests, stopping, onStop }: { view: DriftView; manifests: Manifest[] | undefined; stopping: boolean; onStop: () => void }) {
  const done = view.rows.filter((row) => row.state !== "asking").length;
  const found = view.rows.filter((row) => row.state === "changed");
  return (
    <div className="stack" style={{ gap: 8 }} aria-busy>
      <div className="row"><span className="grow" role="status" data-testid="drift-sentence">{view.sentence}</span><Button look="quiet" onPress={onStop} isDisabled={stopping} data-testid="drift-stop">{stopping ? driftWords.stopping : driftWords.stop}</Button></div>
      <div className="progress" role="progressbar" aria-valuenow={done} aria-valuemax={view.rows.length} aria-label={driftWords.progress(done, view.rows.length)}><div style={{ width: `${(done / Math.max(1, view.rows.length)) * 100}%` }} /></div>
      {found.length > 0 ? <ul className="card drift-rows">{found.map((row) => <Row key={row.step} row={row} manifests={manifests} />)}</ul> : null}
    </div>
  );
}

function Found({ view, manifests, look, again }: { view: DriftView; manifests: Manifest[] | undefined; look: () => void; again: (() => void) | undefined }) {
  const of = (...states: DriftState[]) => view.rows.filter((row) => states.includes(row.state));
  const changed = of("changed");
  const failed = of("failed", "stopped");
  const quiet = [{ title: driftWords.unknown, rows: of("cannot_know") }, { title: driftWords.same, rows: of("same") }].filter((group) => group.rows.length > 0);
  const whole: DriftState = changed.length > 0 ? "changed" : failed.length > 0 ? (view.stopped ? "stopped" : "failed") : of("same").length > 0 || view.rows.length === 0 ? "same" : "cannot_know";
  const { tone, Icon } = meanings[whole];
  const newer = view.newer;
  return (
    <div className="stack" style={{ gap: 10 }}>
      <div className="drift-answer" data-tone={tone} data-testid="drift-answer" data-state={whole}><Icon size={16} aria-hidden /><span role="status" data-testid="drift-sentence">{view.sentence}</span></div>
      {newer ? <p className="muted small">{driftWords.newer} <LinkButton onPress={() => go({ screen: "run", run: newer })}>{driftWords.seeNewer}</LinkButton></p> : null}
      {changed.length + failed.length > 0 ? <ul className="card drift-rows" data-testid="drift-rows">{[...changed, ...failed].map((row) => <Row key={row.step} row={row} manifests={manifests} />)}</ul> : null}
      {changed.length > 0 && again ? <p className="muted small">{driftWords.choose}</p> : null}
      <div className="row" style={{ flexWrap: "wrap" }}>
        {changed.length > 0 && again ? <Button onPress={again} data-testid="drift-deploy">{driftWords.deploy}</Button> : null}
        <Button look="quiet" className={changed.length > 0 && again ? "" : "flush"} onPress={look} data-testid="drift-again">{driftWords.again}</Button>
      </div>
      {quiet.map((group) => <Fold key={group.title(2)} title={group.title(group.rows.length)}><ul className="drift-rows">{group.rows.map((row) => <Row key={row.step} row={row} manifests={manifests} />)}</ul></Fold>)}
    </div>
  );
}

/** One step: its mark, how it stands, and what differs. */
function Row({ row, manifests }: { row: DriftRow; manifests: Manifest[] | undefined }) {
  const { tone, Icon } = meanings[row.state];
  return (
    <li className="drift-row" data-testid={`drift-${row.step}`} data-state={row.state}>
      <div className="drift-head">
        <Mark manifest={manifestOf(manifests, row.uses)} size={20} />
        <span className="grow ellipsis" style={{ fontWeight: 500 }} title={row.title}>{row.title}</span>
        <ModeTag mode={row.mode} />
        <Pill bare tone={tone} icon={<Icon size={13} aria-hidden />}>{driftWords.states[row.state]}</Pill>
      </div>
      {row.things.map((thing) => <Thing key={`${thing.element} ${thing.kind} ${thing.name}`} thing={thing} />)}
      {row.more > 0 ? <p className="quiet small">{driftWords.more(row.more)}</p> : null}
      {row.because ? <p className="quiet small"><Said text={row.because} /></p> : null}
      {row.error ? <p className="small selectable"><Said text={row.error.message} /> <span className="muted"><Said text={row.error.hint} /></span> <code className="quiet">{row.error.code}</code></p> : null}
    </li>
  );
}

function Thing({ thing }: { thing: DriftThing }) {
  return (
    <div className="drift-thing selectable">
      <div className="drift-name"><strong>{thing.name}</strong> <span className="quiet">{thing.kind}{thing.element === null ? "" : ` · ${driftWords.element(thing.element)}`}</span>{thing.how === "changed" ? null : <> <span className="drift-how">{driftWords.how[thing.how]}</span></>}</div>
      {thing.fields.length > 0 ? (
        <dl className="drift-fields">
          {thing.fields.map((field) => (field.what === "" && isLong(field.before, field.after) ? <Lines key="whole" before={field.before as Json} after={field.after as Json} /> : [
            <dt key={`${field.what} what`} title={field.what}>{field.what || driftWords.value}</dt>,
            <dd key={`${field.what} is`}><Change before={field.before as Json} after={field.after as Json} /></dd>,
          ]))}
        </dl>
      ) : null}
    </div>
  );
}

/** Was → is; a text of many lines as a difference of lines. */
function Change({ before, after }: { before: Json; after: Json }) {
  if (isLong(before, after)) return <Lines before={before} after={after} />;
  const shown = (value: Json) => (value === null || value === undefined ? driftWords.none : plain(value).trimEnd());
  return <><span className="sr-only">{driftWords.was} </span><del>{shown(before)}</del> <span aria-hidden>→</span> <span className="sr-only">{driftWords.is} </span><ins>{shown(after)}</ins></>;
}

function Lines({ before, after }: { before: Json; after: Json }) {
  return <div className="diff scroll drift-lines">{around(diffLines(plain(before), plain(after))).map((line, at) => <div key={`${at} ${line.text}`} data-kind={line.kind === "same" ? undefined : line.kind}>{line.text || " "}</div>)}</div>;
}

function isLong(...values: unknown[]): boolean {
  return values.some((value) => typeof value === "string" && value.trimEnd().includes("\n"));
}
