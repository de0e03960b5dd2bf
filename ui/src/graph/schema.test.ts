import { describe, expect, it } from "vitest";
import type { Json, Schema } from "../bridge/types";
import { type FieldShape, fieldsOf, kindOf, problemOf } from "./schema";

describe("a field is drawn as", () => {
  it.each<[Schema, string]>([
    [{ type: "string" }, "text"], [{ type: "string", "x-podium-kind": "multiline" }, "multiline"], [{ type: "string", "x-podium-kind": "directory" }, "path"],
    [{ type: "integer" }, "number"], [{ type: "boolean" }, "switch"], [{ enum: ["a", "b"] }, "choice"], [{ type: "array", items: { type: "string" } }, "list"],
    [{ type: "array", items: { type: "object" } }, "any"], [{ type: "object", properties: { a: {} } }, "group"], [{ type: "object", additionalProperties: true }, "table"],
    [{ type: ["string", "object", "array"], "x-podium-kind": "host-list" }, "hosts"], [{ type: ["string", "null"] }, "text"], [{}, "any"], [{ type: ["string", "object"], "x-podium-kind": "file" }, "path"],
  ])("%j → %s", (schema, kind) => expect(kindOf(schema)).toBe(kind));
});

it("fields stand in the order that the schema asks for, the others after them as written", () => {
  const names = fieldsOf({ properties: { z: {}, b: { "x-podium-order": 20 }, a: { "x-podium-order": 10 }, y: {} } }).map((field) => field.name);
  expect(names).toEqual(["a", "b", "z", "y"]);
});

describe("a value is judged", () => {
  const field = (schema: Schema, required = true): FieldShape => ({ name: "x", path: "/x", kind: kindOf(schema), schema, title: "Branch name", help: undefined, required, folded: false, discover: undefined });
  it.each<[Schema, Json | undefined, string | null]>([
    [{ type: "string" }, undefined, "Branch name is needed."], [{ type: "string", default: "a" }, undefined, null], [{ type: "string", pattern: "^[a-z]+$" }, "West", "This must look like ^[a-z]+$."],
    [{ type: "integer", minimum: 1 }, 0, "At least 1."], [{ type: "integer" }, 1.5, "This must be a whole number."], [{ type: "integer" }, "abc", "This must be a number."],
    [{ enum: ["a", "b"] }, "c", "One of a, b."], [{ type: "integer" }, "${{ inputs.n }}", null], [{ type: "string", pattern: "(" }, "kept", null],
  ])("%j with %j: %s", (schema, value, expected) => expect(problemOf(field(schema), value)).toBe(expected));
});
