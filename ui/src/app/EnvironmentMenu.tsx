import { Check } from "lucide-react";
import type { RefObject } from "react";
import { Menu, MenuItem, Popover } from "react-aria-components";
import type { EnvironmentView } from "../bridge/types";
import { frameWords } from "../text/frame";
import { usePreferences } from "../window/preferences";
import { environmentMeaning } from "./EnvironmentChip";

/** The environments to choose from, under the chip. */
export function EnvironmentMenu({ chip, current, all, onOpen }: { chip: RefObject<HTMLButtonElement | null>; current: string; all: EnvironmentView[]; onOpen: (open: boolean) => void }) {
  return (
    // It stands flush with the end of the chip, so its width is fixed: one that grew with what is in it would
    // be placed twice, and be under the pointer at the wrong place in between.
    <Popover aria-label={frameWords.chooseEnvironment} className="popover env-menu" triggerRef={chip} isOpen onOpenChange={onOpen} placement="bottom end" offset={6}>
      {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- a menu that opens takes the keyboard */}
      <Menu className="menu" aria-label={frameWords.chooseEnvironment} autoFocus="first" onClose={() => onOpen(false)} onAction={(key) => usePreferences.setState({ environment: String(key) })}>
        {all.map((environment) => {
          const meaning = environmentMeaning(environment);
          return (
            <MenuItem key={environment.name} id={environment.name} className="option" textValue={environment.title || environment.name} data-testid={`environment-${environment.name}`}>
              <span data-tone={meaning.tone} style={{ color: "var(--tone)", display: "grid" }}><meaning.Icon size={16} aria-hidden /></span>
              <span className="grow">
                <span>{environment.title || environment.name}</span>
                <span className="option-note" style={{ display: "block" }}>{meaning.help}</span>
              </span>
              {environment.name === current ? <Check size={14} aria-hidden /> : null}
            </MenuItem>
          );
        })}
      </Menu>
    </Popover>
  );
}
