import "../../forms/forms.css";
import { Eye, EyeOff } from "lucide-react";
import { useId, useMemo, useRef, useState } from "react";
import { call } from "../../bridge/client";
import { invalidate } from "../../bridge/queries";
import type { ApiError, CredentialKind, Manifest } from "../../bridge/types";
import { Button, IconButton } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout } from "../../design/feedback";
import { Field } from "../../design/fields";
import { Mark } from "../../design/Mark";
import { credentialWords } from "../../text/credentials";
import { words } from "../../text/words";
import { say } from "../../window/toasts";

/** First the system, then the fields; what is secret is written into the field and sent once. */
export function AddCredential({ manifests, taken, onClose, onAdded }: { manifests: Manifest[]; taken: string[]; onClose: () => void; onAdded: (name: string) => void }) {
  const kinds = useMemo(() => {
    const seen = new Map<string, { kind: CredentialKind; manifest: Manifest }>();
    for (const manifest of manifests) for (const kind of manifest.credentials) if (!seen.has(kind.id)) seen.set(kind.id, { kind, manifest });
    return [...seen.values()];
  }, [manifests]);
  const [chosen, setChosen] = useState<{ kind: CredentialKind; manifest: Manifest } | null>(null);
  return (
    <Dialog title={chosen ? chosen.kind.label : credentialWords.chooseKind} open onClose={onClose} closeLabel={words.close} testId="add-credential" width={560}>
      {chosen ? <Fields kind={chosen.kind} taken={taken} onBack={() => setChosen(null)} onAdded={onAdded} /> : (
        <div className="kinds">
          {kinds.map(({ kind, manifest }) => (
            <button key={kind.id} type="button" className="kind" onClick={() => setChosen({ kind, manifest })} data-testid={`kind-${kind.id}`}>
              <Mark manifest={manifest} size={32} /><span style={{ fontWeight: 500 }}>{kind.label}</span>
            </button>
          ))}
        </div>
      )}
    </Dialog>
  );
}

function Fields({ kind, taken, onBack, onAdded }: { kind: CredentialKind; taken: string[]; onBack: () => void; onAdded: (name: string) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  const store = async () => {
    const element = form.current;
    if (!element) return;
    const input = (name: string) => element.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement | null;
    const name = input("name")?.value.trim() ?? "";
    const found: Record<string, string> = {};
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) found.name = credentialWords.nameForm;
    else if (taken.includes(name)) found.name = credentialWords.nameTaken;
    for (const field of kind.fields) if (field.required && !input(`f-${field.name}`)?.value) found[field.name] = credentialWords.needed;
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    setFailed(null);
    try {
      // Values are read from the fields at the moment they are sent; no state of the page holds them.
      const values = kind.fields.flatMap((field): [string, string][] => { const value = input(`f-${field.name}`)?.value ?? ""; return value === "" ? [] : [[field.name, value]]; });
      await call("credential.add", { name, kind: kind.id, fields: Object.fromEntries(values) });
      element.reset();
      invalidate(["credential.list"]);
      say({ tone: "ok", title: credentialWords.saved(name) });
      onAdded(name);
    } catch (error) {
      setFailed(error as ApiError);
      for (const field of kind.fields) { const secret = field.secret ? input(`f-${field.name}`) : null; if (secret) secret.value = ""; }
    }
    setBusy(false);
  };
  return (
    <form ref={form} data-roomy className="form" onSubmit={(event) => { event.preventDefault(); void store(); }} autoComplete="off">
      <Field label={credentialWords.nameLabel} help={credentialWords.nameHelp} id={`${id}-name`} error={errors.name}>
        <input id={`${id}-name`} name="name" className="input mono" spellCheck={false} maxLength={63} data-testid="field-name" aria-invalid={errors.name !== undefined} />
      </Field>
      {kind.fields.map((field) => (
        <Field key={field.name} label={<>{field.label}{field.required ? null : <span className="quiet" style={{ fontWeight: 400 }}> · {words.optional}</span>}</>} help={field.secret ? `${field.help} ${credentialWords.secretHelp}` : field.help} id={`${id}-${field.name}`} error={errors[field.name]}>
          {field.secret ? <SecretInput id={`${id}-${field.name}`} name={`f-${field.name}`} testId={`field-${field.name}`} invalid={errors[field.name] !== undefined} long={/key|config|json|certificate/i.test(field.name) && /\b(file|BEGIN|whole)\b/i.test(field.help)} />
            : /\bPEM\b/.test(field.label) ? <textarea id={`${id}-${field.name}`} name={`f-${field.name}`} className="input mono" rows={4} spellCheck={false} data-testid={`field-${field.name}`} aria-invalid={errors[field.name] !== undefined} />
            : <input id={`${id}-${field.name}`} name={`f-${field.name}`} className="input" spellCheck={false} data-testid={`field-${field.name}`} aria-invalid={errors[field.name] !== undefined} />}
        </Field>
      ))}
      {failed ? <ErrorCallout error={failed} /> : null}
      <div className="row form-foot">
        <Button size="roomy" look="quiet" onPress={onBack}>{credentialWords.back}</Button>
        <Button size="roomy" look="primary" type="submit" isDisabled={busy} data-testid="store-credential">{busy ? credentialWords.saving : credentialWords.save}</Button>
      </div>
    </form>
  );
}

/** Uncontrolled on purpose: the value is never in the page's own state. */
function SecretInput({ id, name, testId, long, invalid }: { id: string; name: string; testId: string; long: boolean; invalid: boolean }) {
  const [shown, setShown] = useState(false);
  if (long) return <textarea id={id} name={name} className="input mono" aria-invalid={invalid} rows={4} spellCheck={false} autoComplete="off" data-testid={testId} style={shown ? undefined : ({ WebkitTextSecurity: "disc" } as React.CSSProperties)} />;
  return (
    <div className="secret-wrap">
      <input id={id} name={name} className="input" aria-invalid={invalid} type={shown ? "text" : "password"} autoComplete="new-password" spellCheck={false} data-testid={testId} />
      <IconButton label={shown ? credentialWords.hide : credentialWords.show} onPress={() => setShown(!shown)}>{shown ? <EyeOff size={15} /> : <Eye size={15} />}</IconButton>
    </div>
  );
}
