import "./credentials.css";
import { KeyRound, Lock, Plus } from "lucide-react";
import { useState } from "react";
import { call } from "../../bridge/client";
import { invalidate, put, useQuery } from "../../bridge/queries";
import type { ApiError, CredentialView, Manifest } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Callout, Empty, ErrorCallout, Pill, Skeleton, Waiting } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { MeaningIcon, runMeaning, stepMeaning } from "../../design/meaning";
import { Near } from "../../design/Near";
import { Said } from "../../design/Said";
import { credentialWords } from "../../text/credentials";
import { words } from "../../text/words";
import { useNow } from "../../window/useNow";
import { go } from "../../window/route";
import { sayError } from "../../window/toasts";
import { AddCredential } from "./AddCredential";
import { LogIn } from "./LogIn";
import { SearchSecret } from "./SearchSecret";
import { VaultDoor } from "./Vault";

/** Who one is, where; nothing secret is ever on this screen. */
export function Credentials({ name }: { name: string | null }) {
  const vault = useQuery("vault.get", {});
  if (vault.error) return <div className="page-inner"><ErrorCallout error={vault.error} retry={vault.retry} retryLabel={words.tryAgain} /></div>;
  if (!vault.data) return <Waiting words={credentialWords.locked.unlocking} />;
  if (vault.data.state !== "open") return <VaultDoor vault={vault.data} />;
  return <OpenVault name={name} keyWords={vault.data.key} />;
}

function OpenVault({ name, keyWords }: { name: string | null; keyWords: string }) {
  const list = useQuery("credential.list", {});
  const manifests = useQuery("connector.list", {}).data ?? [];
  const [adding, setAdding] = useState(false);
  const [testing, setTesting] = useState<ReadonlySet<string>>(new Set());
  const chosen = list.data?.find((credential) => credential.name === name);
  const test = async (names: string[]) => {
    setTesting((current) => new Set([...current, ...names]));
    await Promise.all(names.map(async (one) => {
      try { await call("credential.test", { name: one }); } catch (error) { sayError(error as ApiError); }
      setTesting((current) => new Set([...current].filter((n) => n !== one)));
    }));
    invalidate(["credential.list"]);
  };
  const lock = () => void call("vault.lock", {}).then((view) => put("vault.get", {}, view), sayError);

  return (
    <div className="creds" data-testid="credentials">
      <div className="creds-list scroll">
        <header className="page-head">
          <div className="grow"><h1>{credentialWords.title}</h1></div>
          <Button look="quiet" onPress={lock} data-testid="vault-lock"><Lock size={14} aria-hidden />{credentialWords.lock}</Button>
          <Button onPress={() => void test(list.data?.map((c) => c.name) ?? [])} isDisabled={!list.data?.length || testing.size > 0} data-testid="test-all">{credentialWords.testAll}</Button>
          <Button look="primary" onPress={() => setAdding(true)} data-testid="add"><Plus size={16} aria-hidden />{credentialWords.add}</Button>
        </header>
        <p className="muted">{credentialWords.lead} {credentialWords.openedBy(keyWords)}</p>
        {list.error ? <ErrorCallout error={list.error} retry={list.retry} retryLabel={words.tryAgain} /> : null}
        {!list.data && !list.error ? <div className="card stack" style={{ padding: 16, gap: 20 }}><Skeleton height={36} /><Skeleton height={36} /></div> : null}
        {list.data?.length === 0 ? <Empty picture={<span className="vault-sign"><KeyRound size={28} aria-hidden /></span>} title={credentialWords.none}>{credentialWords.noneBody}</Empty> : null}
        {list.data?.length ? (
          <ul className="card" style={{ overflow: "hidden" }}>
            {list.data.map((credential) => (
              <li key={credential.name}>
                <button type="button" className="cred" aria-current={credential.name === name || undefined} onClick={() => go({ screen: "credentials", name: credential.name })} data-testid={`credential-${credential.name}`}>
                  <Mark manifest={manifestOfKind(manifests, credential.kind)} size={36} />
                  <span style={{ minWidth: 0 }}><span className="row" style={{ gap: 6, minWidth: 0 }}><span className="ellipsis" style={{ fontWeight: 600 }}>{credential.name}</span>{credential.practice ? <InventedTag /> : null}</span><span className="ellipsis muted small" style={{ display: "block" }}>{who(credential) ?? credential.label}</span></span>
                  <span className="ellipsis small quiet">{credential.used_in.length > 0 ? `${credentialWords.usedIn} ${credential.used_in.join(", ")}` : credentialWords.nowhere}</span>
                  <State credential={credential} testing={testing.has(credential.name)} />
                </button>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <aside className="creds-side scroll">
        {chosen ? <Detail key={chosen.name} credential={chosen} manifest={manifestOfKind(manifests, chosen.kind)} testing={testing.has(chosen.name)} onTest={() => void test([chosen.name])} /> : <p className="quiet">{credentialWords.choose}</p>}
      </aside>
      {adding ? <AddCredential manifests={manifests} taken={list.data?.map((c) => c.name) ?? []} onClose={() => setAdding(false)} onAdded={(added) => { setAdding(false); go({ screen: "credentials", name: added }); void test([added]); }} /> : null}
    </div>
  );
}

function Detail({ credential, manifest, testing, onTest }: { credential: CredentialView; manifest: Manifest | undefined; testing: boolean; onTest: () => void }) {
  const [removing, setRemoving] = useState(false);
  const [searching, setSearching] = useState(false);
  const { tested } = credential;
  const remove = async () => {
    setRemoving(false);
    try {
      await call("credential.remove", { name: credential.name });
      invalidate(["credential.list"]);
      go({ screen: "credentials" });
    } catch (error) { sayError(error as ApiError); }
  };
  return (
    <>
      <header className="row" style={{ gap: 12 }}>
        <Mark manifest={manifest} size={40} />
        <div className="grow"><h2 style={{ fontSize: "var(--t18)", overflowWrap: "anywhere" }}>{credential.name}</h2><div className="row muted" style={{ gap: 6 }}>{credential.label}{credential.practice ? <InventedTag /> : null}</div></div>
      </header>
      {credential.practice ? <p className="muted">{credentialWords.inventedHelp}</p> : null}
      {tested?.error ? <Callout tone="bad" title={<Said text={tested.error.message} />}><Said text={tested.error.hint} /> <code className="quiet">{tested.error.code}</code></Callout> : tested ? <p>{tested.words}</p> : <p className="quiet">{credentialWords.never}</p>}
      <dl className="facts" style={{ display: "grid", gridTemplateColumns: "minmax(90px, auto) minmax(0, 1fr)", gap: "6px 16px", overflowWrap: "anywhere" }}>
        {who(credential) ? <><dt className="quiet">{credentialWords.identity}</dt><dd className="selectable">{who(credential)}</dd></> : null}
        {tested?.identity?.place ? <><dt className="quiet">{credentialWords.place}</dt><dd>{tested.identity.place}</dd></> : null}
        {tested?.identity ? <><dt className="quiet">{credentialWords.expires}</dt><dd>{tested.identity.expires ? <Expiry at={tested.identity.expires} /> : <span className="muted">{credentialWords.noEnd}</span>}</dd></> : null}
        {tested?.identity ? <><dt className="quiet">{credentialWords.rights}</dt><dd data-testid="rights">{tested.rights.length === 0 ? <span className="muted">{credentialWords.rightsUnknown}</span> : <ul>{tested.rights.map((right) => <li key={right.what}><Pill bare tone={right.held === null ? "odd" : right.held ? "ok" : "bad"} icon={<MeaningIcon meaning={right.held === null ? stepMeaning.unknown : right.held ? runMeaning.succeeded : runMeaning.failed} size={14} />}>{credentialWords.right(right.what, right.held)}</Pill></li>)}</ul>}</dd></> : null}
        {credential.practice?.ends && !tested?.identity ? <><dt className="quiet">{credentialWords.expires}</dt><dd><Expiry at={credential.practice.ends} /></dd></> : null}
        {credential.practice?.weather.length ? <><dt className="quiet">{credentialWords.meets}</dt><dd>{credential.practice.weather.map((rule) => <code key={rule} style={{ display: "block" }}>{rule}</code>)}</dd></> : null}
        {tested ? <><dt className="quiet">{credentialWords.tested}</dt><dd><Near at={tested.at} /></dd></> : null}
        <dt className="quiet">{credentialWords.usedIn}</dt><dd>{credential.used_in.join(", ") || credentialWords.nowhere}</dd>
        {Object.entries(credential.fields).map(([field, value]) => [<dt key={`${field}-name`} className="quiet">{labelOf(manifest, credential.kind, field)}</dt>, <dd key={field} className="selectable mono">{value}</dd>])}
        {credential.hidden.map((field) => [<dt key={`${field}-name`} className="quiet">{labelOf(manifest, credential.kind, field)}</dt>, <dd key={field} title={credentialWords.storedHelp}><span className="tag"><Lock size={11} aria-hidden />{credentialWords.stored}</span></dd>])}
        <dt className="quiet">{credentialWords.created}</dt><dd><Near at={credential.created} /></dd>
      </dl>
      <div className="row">
        {credential.logs_in ? <LogIn name={credential.name} again={tested?.error !== null} /> : null}
        <Button size="roomy" onPress={onTest} isDisabled={testing} data-testid="test">{testing ? credentialWords.testing : credentialWords.test}</Button>
        {credential.hidden.length > 0 ? <Button size="roomy" look="quiet" onPress={() => setSearching(true)} data-testid="search">{credentialWords.searchAll}</Button> : null}
        <Button size="roomy" look="quiet" onPress={() => setRemoving(true)} data-testid="remove">{credentialWords.remove}</Button>
      </div>
      {searching ? <SearchSecret name={credential.name} onClose={() => setSearching(false)} /> : null}
      <Dialog title={credentialWords.removeTitle(credential.name)} open={removing} onClose={() => setRemoving(false)} closeLabel={words.close}
        foot={<><Button size="roomy" look="quiet" onPress={() => setRemoving(false)}>{words.cancel}</Button><Button size="roomy" look="danger" onPress={() => void remove()} data-testid="remove-confirm">{credentialWords.removeDo}</Button></>}>
        <p>{credentialWords.removeBody(credential.used_in)} {credentialWords.removeLast}</p>
      </Dialog>
    </>
  );
}

function State({ credential, testing }: { credential: CredentialView; testing: boolean }) {
  const now = useNow();
  if (testing) return <Pill bare tone="busy" icon={<MeaningIcon meaning={runMeaning.running} size={14} />}>{credentialWords.testing}</Pill>;
  const { tested } = credential;
  if (!tested) return <Pill bare tone="idle" icon={<MeaningIcon meaning={runMeaning.created} size={14} />}>{credentialWords.never}</Pill>;
  if (tested.error) return <Pill bare tone="bad" icon={<MeaningIcon meaning={runMeaning.failed} size={14} />}>{words.runStates.failed}</Pill>;
  const expires = tested.identity?.expires;
  if (expires && Date.parse(expires) - now < soon) return <Expiry at={expires} />;
  return <Pill bare tone="ok" icon={<MeaningIcon meaning={runMeaning.succeeded} size={14} />}><Near at={tested.at} /></Pill>;
}

/** From when on an end is told in amber. */
const soon = 7 * 86_400_000;

function Expiry({ at }: { at: string }) {
  const now = useNow();
  const left = Date.parse(at) - now;
  if (left < 0) return <Pill bare tone="bad" icon={<MeaningIcon meaning={runMeaning.failed} size={14} />}>{credentialWords.expired}</Pill>;
  return <Pill bare tone={left < soon ? "wait" : "ok"} icon={<MeaningIcon meaning={runMeaning.waiting} size={14} />}>{credentialWords.expires} <Near at={at} /></Pill>;
}

function InventedTag() {
  return <span className="tag" data-tone="odd" title={credentialWords.inventedHelp} data-testid="invented">{words.simulated}</span>;
}

function who(credential: CredentialView): string | null {
  const identity = credential.tested?.identity;
  return identity ? `${identity.user} · ${identity.account}` : null;
}

function manifestOfKind(manifests: Manifest[], kind: string): Manifest | undefined {
  return manifests.find((manifest) => manifest.credentials.some((k) => k.id === kind));
}

function labelOf(manifest: Manifest | undefined, kind: string, field: string): string {
  return manifest?.credentials.find((k) => k.id === kind)?.fields.find((f) => f.name === field)?.label ?? field;
}
