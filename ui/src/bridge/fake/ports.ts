import { inputPorts, outputsOf, portType, typesOf } from "../../graph/schema";
import type { Converter, Fit, Operation, Schema } from "../types";

/** In small what the real host knows of types: enough to draw with. The rules are `podium_plan::port`. */
const textual = new Set(["string", "path", "directory", "file", "multiline", "duration", "address", "choice"]);

/** Whether an output fits an input; the reason where it does not. */
function refusal(output: Schema | undefined, input: Schema): string | null {
  if (!output) return null;
  const from = typesOf(output);
  const to = typesOf(input);
  if (from.length === 0 || to.length === 0) return null;
  if (from.some((type) => to.includes(type))) return null;
  if (from.includes("integer") && to.includes("number")) return null;
  // A number or a switch inside a text becomes text.
  if (textual.has(portType(input)) && to.includes("string") && from.some((type) => type === "integer" || type === "number" || type === "boolean")) return null;
  return `The output is ${article(from[0] ?? "")}, the input takes ${article(to[0] ?? "")}.`;
}

function article(type: string): string {
  switch (type) {
    case "array": return "a list";
    case "object": return "a table";
    case "integer": case "number": return "a number";
    case "boolean": return "yes or no";
    default: return "a text";
  }
}


export function between(from: Operation, step: string, to: Operation): Fit[] {
  return outputsOf(from).ports.flatMap((port) => inputPorts(to).map((input): Fit => {
    const because = refusal(port.schema, input.schema);
    const given = portType(port.schema ?? {});
    const path = `steps.${step}.outputs.${port.name}`;
    const converters: Converter[] = because === null ? [] : given === "array" ? [{ label: "Take the first one", expression: `${path}[0]` }]
      : typesOf(input.schema).includes("array") ? [{ label: "Make a list of it alone", expression: `[${path}]` }] : [];
    return {
      output: port.name, field: input.path, gives: article(given), takes: article(portType(input.schema)), converters,
      because: because === null ? null : `“${port.title}” is ${article(given)}; “${input.title}” takes ${article(portType(input.schema))}.`,
    };
  }));
}

export function fitting(from: Operation, to: Operation): boolean {
  if (inputPorts(to).length === 0) return false;
  return outputsOf(from).open || between(from, "x", to).some((fit) => fit.because === null || fit.converters.length > 0);
}
