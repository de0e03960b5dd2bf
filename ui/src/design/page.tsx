import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { frameWords } from "../text/frame";
import { words } from "../text/words";
import { say } from "../window/toasts";
import { Button } from "./Button";
import { Empty } from "./feedback";

/** Something on the screen whose program is loaded when it is first needed, or a little before. */
export type OnDemand<P> = ComponentType<P> & { load: () => Promise<void> };

/**
 * A screen that is loaded on demand. While it loads, its room is kept; where it cannot be loaded, that is
 * said with a way to try again.
 */
export function page<P extends object>(bring: () => Promise<ComponentType<P>>): OnDemand<P> {
  return onDemand(bring, <Room />, (again) => (
    <Empty title={frameWords.notLoaded} testId="not-loaded" actions={<Button look="primary" size="roomy" onPress={again}>{words.tryAgain}</Button>}>
      {frameWords.notLoadedHelp}
    </Empty>
  ));
}

/** Something that opens over a screen, loaded on demand. Opening it once more is how it is tried again. */
export function overlay<P extends object>(bring: () => Promise<ComponentType<P>>): OnDemand<P> {
  return onDemand(bring, null, () => null, () => say({ tone: "bad", title: frameWords.notOpened, detail: frameWords.notLoadedHelp }));
}

function onDemand<P extends object>(bring: () => Promise<ComponentType<P>>, room: ReactNode, sorry: (again: () => void) => ReactNode, tell?: () => void): OnDemand<P> {
  let ready: ComponentType<P> | null = null;
  let asked: Promise<void> | null = null;
  const load = () => (asked ??= bring().then((component) => { ready = component; }, (failed: unknown) => {
    asked = null;
    throw failed;
  }));
  function Demanded(props: P) {
    const [state, setState] = useState<"asked" | "here" | "failed">(ready ? "here" : "asked");
    useEffect(() => {
      if (state !== "asked") return;
      let gone = false;
      load().then(() => { if (!gone) setState("here"); }, () => {
        if (gone) return;
        setState("failed");
        tell?.();
      });
      return () => { gone = true; };
    }, [state]);
    const Ready = ready;
    if (Ready) return <Ready {...props} />;
    return state === "failed" ? sorry(() => setState("asked")) : room;
  }
  return Object.assign(Demanded, { load });
}

/** The room of a screen, with nothing in it yet. */
function Room() {
  return <div className="page-inner" aria-busy data-testid="page-room"><div className="room-title" /><div className="card room-body" /></div>;
}
