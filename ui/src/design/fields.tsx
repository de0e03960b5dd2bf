import { AlertCircle, Check, ChevronDown, ChevronRight } from "lucide-react";
import { type ReactNode, useId, useRef, useState } from "react";
import {
  Button as AriaButton, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue,
  Switch as AriaSwitch, ToggleButton, ToggleButtonGroup,
} from "react-aria-components";
import { useSteady } from "../window/press";
import { Said } from "./Said";

/**
 * Label, field, help, error: the frame around every field. An error takes the place of the help, and the
 * taller of the two keeps its room: what stands below does not move when a problem is solved.
 */
export function Field({ label, help, error: problem, id, aside, children, soft }:
  { label: ReactNode; help?: ReactNode; error?: string | undefined; id?: string; aside?: ReactNode; children: ReactNode; soft?: boolean }) {
  const error = useSteady(problem);
  const last = useRef<string | undefined>(undefined);
  if (error) last.current = error;
  return (
    <div className="field">
      <div className="field-label">
        <label htmlFor={id} className="grow">{label}</label>
        {aside}
      </div>
      {children}
      {help || last.current ? (
        <div className="field-say">
          {error ? <p className="field-error" id={id ? `${id}-error` : undefined} role="alert" data-soft={soft || undefined}><AlertCircle size={13} aria-hidden /><span><Said text={error} /></span></p>
            : last.current ? <p className="field-error" aria-hidden data-room><AlertCircle size={13} /><span><Said text={last.current} /></span></p> : null}
          {help ? <p className="field-help" id={id ? `${id}-help` : undefined} aria-hidden={error ? true : undefined} data-room={error ? true : undefined}>{typeof help === "string" ? <Said text={help} /> : help}</p> : null}
        </div>
      ) : null}
    </div>
  );
}

export interface Option<T extends string = string> { value: T; label: string; note?: string | undefined; icon?: ReactNode }

/** Up to four choices in sight. */
export function Segmented<T extends string>({ label, options, value, onChange, testId }:
  { label: string; options: Option<T>[]; value: T | null; onChange: (value: T) => void; testId?: string }) {
  return (
    <ToggleButtonGroup
      aria-label={label} className="segmented" selectionMode="single" disallowEmptySelection={value !== null} data-testid={testId}
      selectedKeys={value === null ? [] : [value]}
      onSelectionChange={(keys) => { for (const key of keys) onChange(key as T); }}
    >
      {options.map((option) => (
        <ToggleButton key={option.value} id={option.value} data-value={option.value}>{option.icon}{option.label}</ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

/** More choices than fit in sight. */
export function Select<T extends string>({ label, options, value, onChange, placeholder, testId, id, invalid }:
  { label: string; options: Option<T>[]; value: T | null; onChange: (value: T) => void; placeholder?: string; testId?: string; id?: string; invalid?: boolean }) {
  return (
    <AriaSelect aria-label={label} selectedKey={value} onSelectionChange={(key) => { if (key !== null && key !== value) onChange(key as T); }} placeholder={placeholder ?? ""}>
      <AriaButton className="input select-button" data-testid={testId} id={id} data-invalid={invalid || undefined}>
        <SelectValue className="ellipsis">{({ defaultChildren, isPlaceholder }) => isPlaceholder ? <span className="quiet">{placeholder}</span> : (options.find((o) => o.value === value)?.label ?? defaultChildren)}</SelectValue>
        <ChevronDown size={14} aria-hidden />
      </AriaButton>
      <Popover className="popover" offset={4}>
        <ListBox className="listbox scroll" items={options}>
          {(option) => (
            <ListBoxItem className="option" id={option.value} textValue={option.label}>
              {({ isSelected }) => (
                <>
                  {option.icon}
                  <span className="grow">{option.label}{option.note ? <span className="option-note"> {option.note}</span> : null}</span>
                  {isSelected ? <Check size={14} aria-hidden /> : null}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

/** On or off. */
export function Switch({ label, value, onChange, testId }: { label: ReactNode; value: boolean; onChange: (value: boolean) => void; testId?: string }) {
  return (
    <AriaSwitch className="switch" isSelected={value} onChange={onChange} data-testid={testId}>
      <span className="switch-track" aria-hidden />
      <span>{label}</span>
    </AriaSwitch>
  );
}

/** Something folded away until asked for. */
export function Fold({ title, children, open: initially = false, aside, testId }:
  { title: ReactNode; children: ReactNode; open?: boolean; aside?: ReactNode; testId?: string }) {
  const [open, setOpen] = useState(initially);
  const id = useId();
  return (
    <div className="fold">
      <button type="button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} data-testid={testId}>
        <ChevronRight size={14} aria-hidden />
        <span className="grow">{title}</span>
        {aside}
      </button>
      {open ? <div id={id}>{children}</div> : null}
    </div>
  );
}
