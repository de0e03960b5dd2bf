import { useId, useState } from "react";
import { call } from "../../bridge/client";
import { invalidate } from "../../bridge/queries";
import type { ApiError } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout } from "../../design/feedback";
import { Field } from "../../design/fields";
import { homeWords } from "../../text/home";
import { words } from "../../text/words";
import { go } from "../../window/route";

/** Asks for a name, and opens the studio on an empty canvas. */
export function NewWorkflow({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  const create = async () => {
    if (!name.trim()) return;
    setBusy(true);
    try {
      const view = await call("workflow.create", { title: name.trim() });
      invalidate(["workflow.list"]);
      onClose();
      go({ screen: "studio", workflow: view.workflow });
    } catch (failed) {
      setError(failed as ApiError);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={homeWords.newTitle} open onClose={onClose} closeLabel={words.close}
      foot={<><Button size="roomy" look="quiet" onPress={onClose}>{words.cancel}</Button>
        <Button size="roomy" look="primary" isDisabled={!name.trim() || busy} onPress={() => void create()} data-testid="create-workflow">{homeWords.create}</Button></>}
    >
      <form data-roomy onSubmit={(event) => { event.preventDefault(); void create(); }} className="stack">
        <Field label={homeWords.newLabel} help={homeWords.newHelp} id={id}>
          {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- the dialog asks this one question */}
          <input id={id} autoFocus className="input" value={name} maxLength={120} placeholder={homeWords.newPlaceholder} onChange={(event) => setName(event.target.value)} data-testid="field-name" />
        </Field>
        {error ? <ErrorCallout error={error} /> : null}
      </form>
    </Dialog>
  );
}
