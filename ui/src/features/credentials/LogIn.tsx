import { useState } from "react";
import { call, openLink } from "../../bridge/client";
import { invalidate } from "../../bridge/queries";
import type { ApiError, LoginStarted } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorCallout } from "../../design/feedback";
import { Near } from "../../design/Near";
import { credentialWords } from "../../text/credentials";
import { words } from "../../text/words";
import { say } from "../../window/toasts";

/** A person logs in by a code, in a browser; what comes of it goes into the vault and never through this page. */
export function LogIn({ name, again }: { name: string; again: boolean }) {
  const text = credentialWords.login;
  const [open, setOpen] = useState(false);
  const [started, setStarted] = useState<LoginStarted | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const begin = async () => {
    setOpen(true);
    setStarted(null);
    setFailed(null);
    try {
      setStarted(await call("credential.login", { name }));
      await call("credential.login_wait", { name });
      invalidate(["credential.list"]);
      say({ tone: "ok", title: text.done(name) });
      setOpen(false);
    } catch (error) {
      // Whoever closed the dialog gave it up and needs no word about it.
      if ((error as ApiError).kind === "cancelled") return;
      setFailed(error as ApiError);
    }
  };
  const giveUp = () => {
    setOpen(false);
    void call("credential.login_cancel", { name }).catch(() => undefined);
  };
  return (
    <>
      <Button size="roomy" look={again ? "primary" : "quiet"} onPress={() => void begin()} data-testid="login">{text.begin}</Button>
      <Dialog title={text.title(name)} open={open} onClose={giveUp} closeLabel={words.close} testId="login-dialog"
        foot={<><Button size="roomy" look="quiet" onPress={giveUp}>{words.cancel}</Button>
          {failed ? <Button size="roomy" look="primary" onPress={() => void begin()}>{words.tryAgain}</Button> : null}
          {started && !failed ? <Button size="roomy" look="primary" onPress={() => openLink(started.address)} data-testid="login-open">{text.open}</Button> : null}</>}>
        {failed ? <ErrorCallout error={failed} /> : null}
        {!started && !failed ? <p className="muted">{text.asking}</p> : null}
        {started && !failed ? (
          <div className="stack" style={{ gap: 12 }}>
            <p>{text.body} <span className="mono selectable" style={{ overflowWrap: "anywhere" }}>{started.address}</span></p>
            <p className="mono selectable" style={{ fontSize: "var(--t24, 1.5rem)", letterSpacing: "0.12em" }} data-testid="login-code">{started.code}</p>
            <p className="muted" role="status">{text.waiting} <Near at={started.until} /></p>
          </div>
        ) : null}
      </Dialog>
    </>
  );
}
