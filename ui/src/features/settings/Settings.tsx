import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { call } from "../../bridge/client";
import { put, useQuery } from "../../bridge/queries";
import type { ApiError } from "../../bridge/types";
import { Button } from "../../design/Button";
import { ErrorCallout, Pill, Skeleton } from "../../design/feedback";
import { Fold, Segmented } from "../../design/fields";
import { Keys } from "../../design/Keys";
import { Mark } from "../../design/Mark";
import { Said } from "../../design/Said";
import { DemoSection } from "../demo/DemoSection";
import { placeWords } from "../../text/places";
import { words } from "../../text/words";
import { useActions } from "../../window/actions";
import { type Theme, usePreferences } from "../../window/preferences";
import { sayError } from "../../window/toasts";

const signs = { good: { tone: "ok", Icon: CircleCheck }, missing: { tone: "bad", Icon: CircleX }, trouble: { tone: "wait", Icon: TriangleAlert } } as const;

/** How it looks, what is on this computer, what each system can do. */
export function Settings() {
  const theme = usePreferences((preferences) => preferences.theme);
  const size = usePreferences((preferences) => preferences.textSize);
  const workspace = useQuery("workspace.get", {}).data;
  const doctor = useQuery("doctor.get", {});
  const manifests = useQuery("connector.list", {}).data;
  const groups = useActions((state) => state.groups);
  return (
    <div className="page scroll">
      <div className="page-inner" style={{ maxWidth: "47.5rem" }}>
        <header className="page-head"><h1>{placeWords.settings}</h1></header>
        <section className="stack" style={{ gap: 12 }}>
          <h2 className="section-title">{placeWords.appearance}</h2>
          <Segmented<Theme> label={placeWords.theme} value={theme} onChange={(next) => usePreferences.setState({ theme: next })} testId="theme" options={[{ value: "system", label: placeWords.themes.system }, { value: "light", label: placeWords.themes.light }, { value: "dark", label: placeWords.themes.dark }]} />
          <Segmented<string> label={placeWords.textSize} value={String(size)} onChange={(next) => usePreferences.setState({ textSize: Number(next) })} testId="text-size" options={[100, 125, 150, 200].map((percent) => ({ value: String(percent), label: `${percent} %` }))} />
        </section>
        <LockAfter />
        <section className="stack" style={{ gap: 12 }}>
          <h2 className="section-title">{placeWords.workspace}</h2>
          <p className="selectable">{workspace?.name} <code className="quiet">{workspace?.folder}</code></p>
          {workspace ? <p className="muted">{placeWords.youAre} <code>{workspace.person}</code>. {placeWords.youAreHelp}</p> : null}
        </section>
        <DemoSection />
        <section className="stack" style={{ gap: 12 }}>
          <div className="row"><h2 className="section-title grow">{placeWords.tools}</h2><Button onPress={doctor.retry} isDisabled={doctor.loading} data-testid="check-again">{placeWords.checkAgain}</Button></div>
          {doctor.error ? <ErrorCallout error={doctor.error} retry={doctor.retry} retryLabel={words.tryAgain} /> : null}
          {!doctor.data && !doctor.error ? <div className="card stack" style={{ padding: 16 }} role="status" aria-label={placeWords.checking}><Skeleton /><Skeleton width="60%" /></div> : null}
          <ul className={doctor.data ? "card" : undefined} data-testid="checks">
            {doctor.data?.checks.map((check, at) => {
              const { tone, Icon } = signs[check.state];
              return (
                <li key={check.what} className="row" style={{ padding: "10px 16px", gap: 12, alignItems: "flex-start", borderTop: at > 0 ? "1px solid var(--line)" : undefined }}>
                  <span style={{ width: "6rem", flex: "none" }}><Pill tone={tone} icon={<Icon size={14} aria-hidden />}>{placeWords.states[check.state]}</Pill></span>
                  <span className="grow selectable"><strong style={{ fontWeight: 600 }}>{check.what}</strong> <span className="muted" style={{ overflowWrap: "anywhere" }}><Said text={check.detail} /></span>{check.hint ? <span style={{ display: "block" }}><Said text={check.hint} /></span> : null}</span>
                </li>
              );
            })}
          </ul>
        </section>
        <section className="stack" style={{ gap: 12 }}>
          <h2 className="section-title">{placeWords.systems}</h2>
          <ul className="card">
            {manifests?.map((manifest, at) => (
              <li key={manifest.id} className="row" style={{ padding: "8px 16px", gap: 12, borderTop: at > 0 ? "1px solid var(--line)" : undefined }}>
                <Mark manifest={manifest} size={28} /><strong style={{ fontWeight: 600, flex: "none" }}>{manifest.label}</strong><span className="muted ellipsis grow">{manifest.summary}</span><span className="quiet small">{placeWords.operations(manifest.operations.length)}</span>
              </li>
            ))}
          </ul>
        </section>
        <Fold title={placeWords.shortcuts}>
          <ul className="stack" style={{ paddingTop: 8 }}>{Object.values(groups).flat().filter((action) => action.keys).map((action) => <li key={action.id} className="row"><span className="grow">{action.label}</span><Keys keys={action.keys?.split(" ")[0] ?? ""} /></li>)}</ul>
        </Fold>
      </div>
    </div>
  );
}

const never = "never";

/** The vault locks itself when nobody is there. */
function LockAfter() {
  const { data } = useQuery("settings.get", {});
  if (!data) return null;
  const choose = (value: string) => {
    call("settings.set", { lock_after_minutes: value === never ? null : Number(value) }).then((view) => put("settings.get", {}, view), (error: ApiError) => sayError(error));
  };
  return (
    <section className="stack" style={{ gap: 12 }}>
      <h2 className="section-title">{placeWords.vault}</h2>
      <p className="muted">{placeWords.lockAfterHelp}</p>
      <Segmented<string> label={placeWords.lockAfter} value={data.lock_after_minutes === null ? never : String(data.lock_after_minutes)} onChange={choose} testId="lock-after"
        options={[{ value: never, label: placeWords.lockNever }, ...[5, 15, 60].map((minutes) => ({ value: String(minutes), label: placeWords.minutes(minutes) }))]} />
    </section>
  );
}
