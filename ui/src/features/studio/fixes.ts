import type { Diagnostic } from "../../bridge/types";
import { pointer } from "../../graph/pointer";

/** Expressions that a diagnostic offers in place of what stands there, by pointer below `with`. */
export function fixesOf(diagnostics: readonly Diagnostic[], step: string): ReadonlyMap<string, string> {
  const start = pointer("steps", step, "with");
  const found = new Map<string, string>();
  for (const { address, hint } of diagnostics) {
    const fix = /^Write `(\$\{\{ .+ \}\})`\.$/.exec(hint ?? "")?.[1];
    if (fix && address.step === step && address.field?.startsWith(`${start}/`)) found.set(address.field.slice(start.length), fix);
  }
  return found;
}
