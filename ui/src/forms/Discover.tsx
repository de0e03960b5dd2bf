import { Check, ChevronDown, RefreshCw } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { ApiError, Choice } from "../bridge/types";
import { IconButton } from "../design/Button";
import { ErrorCallout, Skeleton } from "../design/feedback";
import { formWords } from "../text/forms";
import { near } from "../text/format";
import { Draft } from "./Draft";

interface Props { id: string; testId: string; value: string; what: string; discover: (what: string) => Promise<Choice[]>; onChange: (value: string) => void; invalid: boolean; placeholder?: string | undefined }

/** A text whose choices are read live from the far system, on asking. */
export function Discover({ what, discover, value, onChange, testId, ...rest }: Props) {
  const [state, setState] = useState<{ choices?: Choice[]; error?: ApiError; at?: string; busy: boolean }>({ busy: false });
  const look = async () => {
    setState((current) => ({ ...current, busy: true }));
    try {
      setState({ choices: await discover(what), at: new Date().toISOString(), busy: false });
    } catch (error) {
      setState((current) => ({ ...current, error: error as ApiError, busy: false }));
    }
  };
  return (
    <div className="row" style={{ gap: 4 }}>
      <div className="grow"><Draft {...rest} testId={testId} value={value} onCommit={onChange} /></div>
      <DialogTrigger onOpenChange={(open) => { if (open && !state.choices) void look(); }}>
        <AriaButton className="btn" data-look="plain" data-icon-only aria-label={formWords.choose} data-testid={`choose-${testId}`}><ChevronDown size={14} aria-hidden /></AriaButton>
        <Popover className="popover" placement="bottom end" style={{ width: 280 }}>
          <Dialog aria-label={formWords.choose} style={{ outline: "none" }}>
            {({ close }) => (
              <div className="listbox scroll" style={{ maxHeight: 280 }}>
                {state.busy ? <div className="stack" style={{ padding: 8 }}><Skeleton /><Skeleton width="60%" /></div> : null}
                {state.error && !state.busy ? <ErrorCallout error={state.error} /> : null}
                {!state.busy && state.choices?.length === 0 ? <p className="quiet small" style={{ padding: 8 }}>{formWords.noChoices}</p> : null}
                {state.busy ? null : state.choices?.map((choice) => (
                  <button key={choice.value} type="button" className="option command-item" style={{ width: "100%", border: 0, background: "none", textAlign: "left" }} onClick={() => { onChange(choice.value); close(); }}>
                    <span className="grow ellipsis">{choice.label}</span>{choice.value === value ? <Check size={14} aria-hidden /> : null}
                  </button>
                ))}
                <div className="menu-line" />
                <div className="row" style={{ padding: "2px 4px 2px 8px" }}>
                  <span className="grow quiet small">{state.busy ? formWords.loading : state.at ? `${formWords.age} ${near(state.at)}` : ""}</span>
                  <IconButton label={formWords.refresh} onPress={() => void look()} isDisabled={state.busy}><RefreshCw size={14} /></IconButton>
                </div>
              </div>
            )}
          </Dialog>
        </Popover>
      </DialogTrigger>
    </div>
  );
}
