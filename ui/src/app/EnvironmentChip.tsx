import { Check, ChevronDown, Globe, Leaf, Shield } from "lucide-react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { EnvironmentView } from "../bridge/types";
import { frameWords } from "../text/frame";
import { useEnvironment } from "../window/environment";
import { usePreferences } from "../window/preferences";

/** How an environment looks everywhere: colour, word and icon. */
export function environmentMeaning(environment: EnvironmentView) {
  if (environment.read_only) return { tone: "bad", Icon: Shield, word: frameWords.readOnly, help: frameWords.protectedHelp } as const;
  if (isProtected(environment)) return { tone: "bad", Icon: Shield, word: frameWords.protected, help: frameWords.protectedHelp } as const;
  if (environment.practice) return { tone: "ok", Icon: Leaf, word: frameWords.practice, help: frameWords.practiceHelp } as const;
  return { tone: "busy", Icon: Globe, word: "", help: frameWords.ordinaryHelp } as const;
}

export function isProtected(environment: EnvironmentView | undefined): boolean {
  return Boolean(environment && (environment.approval || environment.type_name || environment.read_only));
}

/** Where things would happen; always in sight. */
export function EnvironmentChip() {
  const { current, all } = useEnvironment();
  if (!current) return null;
  const { tone, Icon, word } = environmentMeaning(current);
  return (
    <MenuTrigger>
      <Button className="env-chip" data-tone={tone} aria-label={`${frameWords.environment}: ${current.title || current.name} ${word}`} data-testid="environment">
        <Icon size={14} aria-hidden />
        <span className="ellipsis">{current.title || current.name}</span>
        {word ? <span className="env-kind ellipsis">· {word}</span> : null}
        <ChevronDown size={14} aria-hidden />
      </Button>
      <Popover className="popover" placement="bottom end" offset={6}>
        <Menu className="menu" aria-label={frameWords.chooseEnvironment} onAction={(key) => usePreferences.setState({ environment: String(key) })}>
          {all.map((environment) => {
            const meaning = environmentMeaning(environment);
            return (
              <MenuItem key={environment.name} id={environment.name} className="option" textValue={environment.title || environment.name} data-testid={`environment-${environment.name}`}>
                <span data-tone={meaning.tone} style={{ color: "var(--tone)", display: "grid" }}><meaning.Icon size={16} aria-hidden /></span>
                <span className="grow">
                  <span>{environment.title || environment.name}</span>
                  <span className="option-note" style={{ display: "block" }}>{meaning.help}</span>
                </span>
                {environment.name === current.name ? <Check size={14} aria-hidden /> : null}
              </MenuItem>
            );
          })}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
