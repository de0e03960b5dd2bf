import { KeyRound, Lock } from "lucide-react";
import { useId, useRef, useState } from "react";
import { call } from "../../bridge/client";
import { invalidate, put, useQuery } from "../../bridge/queries";
import type { ApiError, VaultView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { ErrorCallout } from "../../design/feedback";
import { Field } from "../../design/fields";
import { Mark } from "../../design/Mark";
import { credentialWords } from "../../text/credentials";

/** Names are no secret: what waits inside is told while the vault is locked. */
function Inside() {
  const list = useQuery("credential.list", {}).data;
  const manifests = useQuery("connector.list", {}).data ?? [];
  if (!list?.length) return null;
  return (
    <section className="vault-inside" aria-label={credentialWords.locked.inside}>
      <div className="section-title">{credentialWords.locked.inside}</div>
      <ul className="card scroll" data-testid="vault-inside">
        {list.map((credential) => (
          <li key={credential.name}><Mark manifest={manifests.find((m) => m.credentials.some((kind) => kind.id === credential.kind))} size={20} /><span className="ellipsis grow">{credential.name}</span><span className="quiet small ellipsis">{credential.label}</span></li>
        ))}
      </ul>
    </section>
  );
}

/** One calm screen: why it is closed, and one button. */
export function VaultDoor({ vault }: { vault: Exclude<VaultView, { state: "open" }> }) {
  const asks = vault.state === "locked" ? vault.passphrase : !vault.keychain;
  const fresh = vault.state === "empty";
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const passphrase = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const id = useId();
  const open = async () => {
    const value = passphrase.current?.value ?? "";
    setProblem(null);
    if (asks && fresh && value.length < 12) return setProblem(credentialWords.empty.short);
    if (asks && fresh && value !== again.current?.value) return setProblem(credentialWords.empty.differs);
    setBusy(true);
    setError(null);
    try {
      // The passphrase lives in the field alone, never in the page's own variables.
      const request = asks ? { passphrase: value } : {};
      put("vault.get", {}, await (fresh ? call("vault.create", request) : call("vault.unlock", request)));
      invalidate(["credential.list"]);
    } catch (failed) {
      setError(failed as ApiError);
    }
    if (passphrase.current) passphrase.current.value = "";
    if (again.current) again.current.value = "";
    setBusy(false);
  };
  const words = fresh ? credentialWords.empty : credentialWords.locked;
  const Icon = fresh ? KeyRound : Lock;
  return (
    <div className="vault" data-testid={`vault-${vault.state}`}>
      <div className="vault-inner">
        <span className="vault-sign"><Icon size={28} aria-hidden /></span>
        <h1 style={{ fontSize: "var(--t24)" }}>{words.title}</h1>
        <p className="muted">{fresh ? (vault.keychain ? credentialWords.empty.keychain : `${vault.because ?? ""} ${credentialWords.empty.passphrase}`) : `${credentialWords.locked.body} ${vault.because}`}</p>
        <form data-roomy onSubmit={(event) => { event.preventDefault(); void open(); }}>
          {asks ? <Field label={credentialWords.locked.passphrase} id={id} error={problem ?? undefined}><input ref={passphrase} id={id} className="input" type="password" autoComplete="off" data-testid="field-passphrase" /></Field> : null}
          {asks && fresh ? <Field label={credentialWords.empty.again} id={`${id}-again`}><input ref={again} id={`${id}-again`} className="input" type="password" autoComplete="off" data-testid="field-passphrase-again" /></Field> : null}
          {error ? <ErrorCallout error={error} /> : null}
          <Button type="submit" look="primary" size="large" isDisabled={busy} data-testid={fresh ? "vault-create" : "vault-unlock"}>{busy ? (fresh ? credentialWords.empty.making : credentialWords.locked.unlocking) : fresh ? credentialWords.empty.make : credentialWords.locked.unlock}</Button>
          {asks ? null : <p className="quiet small" style={{ textAlign: "center" }}>{credentialWords.locked.keychain}</p>}
        </form>
        {fresh ? null : <Inside />}
      </div>
    </div>
  );
}
