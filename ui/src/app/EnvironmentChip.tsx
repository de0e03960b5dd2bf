import { ChevronDown, Clock, Globe, Leaf, Shield } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { EnvironmentView } from "../bridge/types";
import { overlay } from "../design/page";
import { frameWords } from "../text/frame";
import { guardWords } from "../text/guard";
import { useEnvironment } from "../window/environment";
import { useOpening } from "../window/openings";

/** How an environment looks everywhere: colour, word and icon. */
export function environmentMeaning(environment: EnvironmentView) {
  if (environment.read_only) return { tone: "bad", Icon: Shield, word: frameWords.readOnly, help: frameWords.protectedHelp } as const;
  if (environment.window && !environment.window.open) return { tone: "wait", Icon: Clock, word: guardWords.closedNow, help: environment.window.words } as const;
  if (isProtected(environment)) return { tone: "bad", Icon: Shield, word: frameWords.protected, help: environment.window?.words ?? frameWords.protectedHelp } as const;
  if (environment.practice) return { tone: "ok", Icon: Leaf, word: frameWords.practice, help: frameWords.practiceHelp } as const;
  return { tone: "busy", Icon: Globe, word: "", help: frameWords.ordinaryHelp } as const;
}

export function isProtected(environment: EnvironmentView | undefined): boolean {
  return Boolean(environment && (environment.approval || environment.type_name || environment.read_only || environment.window));
}

// What a menu needs is the half of what Home needs; it is loaded when somebody comes near it.
const EnvironmentMenu = overlay(() => import("./EnvironmentMenu").then((m) => m.EnvironmentMenu));
// A hint that fails tells nobody: whoever then presses is told.
const near = () => void EnvironmentMenu.load().catch(() => {});

/** Where things would happen; always in sight. */
export function EnvironmentChip() {
  const { current, all } = useEnvironment();
  useOpening(current?.name ?? "");
  const [open, setOpen] = useState(false);
  const chip = useRef<HTMLButtonElement>(null);
  if (!current) return null;
  const { tone, Icon, word } = environmentMeaning(current);
  return (
    <>
      <Button
        ref={chip} className="env-chip" data-tone={tone} aria-label={`${frameWords.environment}: ${current.title || current.name} ${word}`} aria-haspopup="menu" aria-expanded={open} data-testid="environment"
        onHoverStart={near} onFocus={near} onPress={() => setOpen(!open)} onKeyDown={(event) => { if (event.key === "ArrowDown") setOpen(true); }}
      >
        <Icon size={14} aria-hidden />
        <span className="ellipsis">{current.title || current.name}</span>
        {word ? <span className="env-kind ellipsis">· {word}</span> : null}
        <ChevronDown size={14} aria-hidden />
      </Button>
      {open ? <EnvironmentMenu chip={chip} current={current.name} all={all} onOpen={setOpen} /> : null}
    </>
  );
}
