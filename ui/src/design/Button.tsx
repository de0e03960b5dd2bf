import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps, Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components";
import { Keys } from "./Keys";

type Look = "primary" | "plain" | "quiet" | "danger";
interface Props extends Omit<ButtonProps, "children" | "className"> {
  look?: Look;
  size?: "dense" | "roomy" | "large";
  className?: string;
  children: ReactNode;
  on?: boolean;
}

/** A button with words. */
export function Button({ look = "plain", size = "dense", className = "", on, ...rest }: Props) {
  return <AriaButton {...rest} className={`btn ${className}`} data-look={look} data-size={size} data-on={on} />;
}

/** A button with an icon alone: its word is the tooltip and the accessible name. */
export function IconButton({ label, keys, look = "quiet", placement = "bottom", size = "dense", children, on, ...rest }:
  Omit<Props, "children"> & { label: string; keys?: string; placement?: "top" | "bottom" | "right" | "left"; children: ReactNode }) {
  return (
    <TooltipTrigger delay={400} closeDelay={0}>
      <AriaButton {...rest} aria-label={label} className={`btn ${rest.className ?? ""}`} data-look={look} data-size={size} data-icon-only data-on={on}>
        {children}
      </AriaButton>
      <AriaTooltip className="tooltip" placement={placement} offset={6}>
        {label}
        {keys ? <Keys keys={keys} /> : null}
      </AriaTooltip>
    </TooltipTrigger>
  );
}

/** A link that is an action. */
export function LinkButton({ className = "", ...rest }: Omit<Props, "look" | "size">) {
  return <AriaButton {...rest} className={`btn link ${className}`} />;
}
