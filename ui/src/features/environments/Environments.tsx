import "./environments.css";
import { Globe, Leaf, Shield, ShieldCheck } from "lucide-react";
import { useQuery } from "../../bridge/queries";
import type { EnvironmentView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Callout, Empty, ErrorCallout, Pill } from "../../design/feedback";
import { GraphPicture } from "../../design/Logo";
import { Said } from "../../design/Said";
import { frameWords } from "../../text/frame";
import { guardWords } from "../../text/guard";
import { plain } from "../../text/format";
import { placeWords } from "../../text/places";
import { useEnvironment } from "../../window/environment";
import { useOpening } from "../../window/openings";
import { usePreferences } from "../../window/preferences";

/** Where workflows run: order, variables, credentials, protection. */
export function Environments() {
  const workspace = useQuery("workspace.get", {});
  const { name, all } = useEnvironment();
  const stored = useQuery("credential.list", {}).data?.map((credential) => credential.name);
  return (
    <div className="page scroll">
      <div className="page-inner">
        <header className="page-head"><div><h1>{placeWords.environments}</h1><p>{placeWords.environmentsLead}</p></div></header>
        {workspace.error ? <ErrorCallout error={workspace.error} retry={workspace.retry} /> : null}
        {workspace.data?.diagnostics.map((d) => <Callout key={`${d.code}${d.address.file}${d.address.field}`} tone={d.severity === "error" ? "bad" : "wait"} title={<Said text={d.detail} />}><Said text={d.hint} /> <code>{d.address.file}{d.span ? `:${d.span.start.line}:${d.span.start.column}` : ""}</code></Callout>)}
        {workspace.data && all.length === 0 ? <Empty picture={<GraphPicture />} title={placeWords.noneTitle}>{placeWords.noneBody}</Empty> : null}
        {all.map((environment) => <Place key={environment.name} environment={environment} current={environment.name === name} stored={stored} />)}
      </div>
    </div>
  );
}

function Place({ environment, current, stored }: { environment: EnvironmentView; current: boolean; stored: string[] | undefined }) {
  const opening = useOpening(environment.name, environment);
  const guarded = opening !== undefined || environment.approval || environment.type_name || environment.read_only;
  const Icon = guarded ? Shield : environment.practice ? Leaf : Globe;
  const tone = guarded ? "bad" : environment.practice ? "ok" : "busy";
  const rules = [environment.read_only && placeWords.readOnly, environment.approval && placeWords.approval, environment.type_name && placeWords.typeName,
    ...(opening ? [opening.windows.length > 0 && guardWords.windows(opening.windows), ...opening.freezes.map(guardWords.freeze), opening.may_override && guardWords.mayOverride, guardWords.clock(opening.time_zone)] : [])].filter(Boolean);
  return (
    <section className="card place" data-testid={`environment-card-${environment.name}`} data-current={current || undefined}>
      <header className="row" style={{ gap: 12 }}>
        <span data-tone={tone} style={{ color: "var(--tone)", display: "grid" }}><Icon size={20} aria-hidden /></span>
        <h2 className="grow ellipsis">{environment.title || environment.name} <code className="quiet">{environment.name}</code></h2>
        {environment.practice ? <Pill tone="ok">{frameWords.practice}</Pill> : null}
        {guarded ? <Pill tone="bad">{frameWords.protected}</Pill> : null}
        {current ? <Pill tone="accent">{placeWords.current}</Pill> : <Button onPress={() => usePreferences.setState({ environment: environment.name })}>{placeWords.choose}</Button>}
      </header>
      <div className="place-columns">
        <Table title={placeWords.vars} empty={placeWords.noVars} rows={Object.entries(environment.vars).map(([key, value]) => [key, plain(value), null, null])} />
        <Table title={placeWords.credentials} empty={placeWords.noCredentials} rows={Object.entries(environment.credentials).map(([slot, credential]) => [slot, credential, stored && !stored.includes(credential) ? placeWords.missing : null, environment.expect[slot] ? guardWords.mustBe(environment.expect[slot]) : null])} />
        <div className="stack" style={{ gap: 6 }}><div className="section-title">{placeWords.protection}</div>{opening ? <p data-testid={`opening-${environment.name}`}><span className="tag" data-tone={opening.open ? "ok" : "wait"}>{opening.open ? guardWords.openNow : guardWords.closedNow}</span> {opening.words}</p> : null}{rules.length > 0 ? rules.map((rule) => <p key={String(rule)}>{rule}</p>) : <p className="quiet">{environment.practice ? placeWords.practice : placeWords.none}</p>}</div>
      </div>
    </section>
  );
}

function Table({ title, rows, empty }: { title: string; rows: [string, string, string | null, string | null][]; empty: string }) {
  return (
    <div className="stack" style={{ gap: 6, minWidth: 0 }}>
      <div className="section-title">{title}</div>
      {rows.length === 0 ? <p className="quiet">{empty}</p> : <dl className="place-table selectable">{rows.map(([key, value, note, must]) => [<dt key={`${key}-name`}><code>{key}</code></dt>, <dd key={key}><code>{value}</code>{note ? <span className="tag" data-tone="wait">{note}</span> : null}{must ? <span className="place-must"><ShieldCheck size={13} aria-hidden />{must}</span> : null}</dd>])}</dl>}
    </div>
  );
}
