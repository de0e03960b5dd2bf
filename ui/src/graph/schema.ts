import type { Json, Operation, Schema } from "../bridge/types";
import { titleOf } from "../text/format";
import { pointer } from "./pointer";

/** How a field is drawn. */
export type FieldKind =
  | "text" | "multiline" | "path" | "duration" | "number" | "switch" | "choice" | "list" | "hosts" | "group" | "table" | "rows" | "any";

export interface FieldShape {
  name: string;
  /** JSON pointer from the root of the form. */
  path: string;
  kind: FieldKind;
  schema: Schema;
  title: string;
  help: string | undefined;
  required: boolean;
  folded: boolean;
  discover: string | undefined;
}

export function typesOf(schema: Schema): string[] {
  if (schema.type === undefined) return schema.enum || schema.const !== undefined ? ["string"] : schema.properties ? ["object"] : [];
  return Array.isArray(schema.type) ? schema.type : [schema.type];
}

export function kindOf(schema: Schema): FieldKind {
  if (schema.enum && schema.enum.every((value) => typeof value !== "object")) return "choice";
  const types = typesOf(schema).filter((type) => type !== "null");
  const hint = schema["x-podium-kind"];
  if (hint === "host-list") return "hosts";
  if (types.includes("string") && types.length > 1 && (hint === "path" || hint === "directory" || hint === "file")) return "path";
  if (types.length === 1) {
    switch (types[0]) {
      case "boolean": return "switch";
      case "integer": case "number": return "number";
      case "array": return !schema.items || isScalar(schema.items) ? "list" : schema.items.properties ? "rows" : "any";
      case "object": return schema.properties && Object.keys(schema.properties).length > 0 ? "group" : "table";
      case "string":
        if (hint === "multiline") return "multiline";
        if (hint === "path" || hint === "directory" || hint === "file") return "path";
        if (hint === "duration") return "duration";
        return "text";
    }
  }
  if (types.includes("string") && !types.includes("object") && !types.includes("array")) return "text";
  if (oneOrMany(schema)) return "list";
  return "any";
}

function isScalar(schema: Schema): boolean {
  const types = typesOf(schema);
  return types.length > 0 && types.every((type) => type === "string" || type === "integer" || type === "number" || type === "boolean");
}

/** What one of the items is, where a schema takes one thing or a list of them. */
export function oneOrMany(schema: Schema): Schema | undefined {
  const [one, many, ...more] = schema.anyOf ?? schema.oneOf ?? [];
  return more.length === 0 && one && many?.type === "array" && many.items && isScalar(one) && isScalar(many.items) ? one : undefined;
}

/** The fields of an object schema, in the order of the form. */
export function fieldsOf(schema: Schema, base = ""): FieldShape[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, property], at) => ({
      at,
      order: property["x-podium-order"] ?? 1000,
      shape: {
        name, path: base + pointer(name), kind: kindOf(property), schema: property,
        title: property.title ?? titleOf(name), help: property.description,
        required: required.has(name), folded: property["x-podium-more"] === true, discover: property["x-podium-discover"],
      } satisfies FieldShape,
    }))
    .toSorted((a, b) => a.order - b.order || a.at - b.at)
    .map((entry) => entry.shape);
}

/** What is wrong with a value, as a sentence; `null` where nothing is. Expressions are not judged. */
export function problemOf(field: FieldShape, value: Json | undefined): string | null {
  const { schema } = field;
  const empty = value === undefined || value === null || value === "";
  if (empty) return field.required && schema.default === undefined ? `${field.title} is needed.` : null;
  if (isExpression(value)) return null;
  if (typeof value === "string") {
    if (field.kind === "number") return "This must be a number.";
    if (schema.minLength !== undefined && value.length < schema.minLength) return `At least ${schema.minLength} characters.`;
    if (schema.maxLength !== undefined && value.length > schema.maxLength) return `At most ${schema.maxLength} characters.`;
    if (schema.pattern !== undefined && !fits(schema.pattern, value)) return schema.description ? `This does not fit: ${schema.description}` : `This must look like ${schema.pattern}.`;
    if (schema.format === "uri" && !/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value)) return "This must be an address such as https://example.com.";
  }
  if (typeof value === "number") {
    if (typesOf(schema).includes("integer") && !typesOf(schema).includes("number") && !Number.isInteger(value)) return "This must be a whole number.";
    if (schema.minimum !== undefined && value < schema.minimum) return `At least ${schema.minimum}.`;
    if (schema.maximum !== undefined && value > schema.maximum) return `At most ${schema.maximum}.`;
  }
  if (schema.enum && !schema.enum.includes(value)) return `One of ${schema.enum.join(", ")}.`;
  return null;
}

function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    // A pattern that this engine cannot read is the backend's to judge.
    return true;
  }
}

/** Whether a value holds `${{ … }}`. */
export function isExpression(value: Json | undefined): boolean {
  return typeof value === "string" && value.includes("${{");
}

/** The port types that decide whether an output may flow into an input. */
export function portType(schema: Schema): string {
  const hint = schema["x-podium-kind"];
  if (hint) return hint;
  if (schema.enum) return "choice";
  if (schema.format === "uri") return "address";
  const types = typesOf(schema).filter((type) => type !== "null");
  return types.length === 1 ? (types[0] ?? "anything") : types.length === 0 ? "anything" : "anything";
}

export interface OutputPort { name: string; title: string; schema: Schema | undefined }

/** What an operation gives. */
export function outputsOf(operation: Operation | undefined): { ports: OutputPort[]; open: boolean } {
  const schema = operation?.output;
  const ports = Object.entries(schema?.properties ?? {}).map(([name, property]) => ({ name, title: property.title ?? titleOf(name), schema: property }));
  return { ports, open: !schema || schema.additionalProperties === true || typeof schema.additionalProperties === "object" };
}

/** The places of a form that can take a value from elsewhere, groups opened one level. */
export function inputPorts(operation: Operation | undefined): FieldShape[] {
  if (!operation) return [];
  return fieldsOf(operation.input).flatMap((field) => {
    const below = field.schema.properties ? fieldsOf(field.schema, field.path).map((child) => ({ ...child, title: `${field.title} › ${child.title}`, folded: field.folded })) : [];
    return field.kind === "group" ? below : [field, ...below];
  });
}
