import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { JsonObject } from "../bridge/types";
import { withValue } from "../graph/pointer";
import { SchemaForm } from "./SchemaForm";

const schema = { type: "object" as const, properties: { variables: { type: "object" as const, title: "Variables", additionalProperties: true } } };

it("a new row stays where it is until the document has it, and keeps the hand's place", async () => {
  const user = userEvent.setup();
  // The document answers late, when it is told to.
  let sent: JsonObject = {};
  const form = (value: JsonObject) => <SchemaForm schema={schema} value={value} onChange={(path, next) => { sent = withValue(sent, path, next) as JsonObject; }} />;
  const { rerender } = render(form({}));
  await user.click(screen.getByTestId("add-variables"));
  await user.type(screen.getByTestId("key-variables.new"), "branch");
  await user.tab();
  const value = screen.getByTestId("field-variables.new");
  expect(value).toHaveFocus();
  expect(screen.getByTestId("key-variables.new")).toHaveValue("branch");
  await user.type(value, "we");
  rerender(form(sent));
  expect(screen.getByTestId("field-variables.branch")).toBe(value);
  expect(value).toHaveFocus();
  await user.type(value, "st");
  await user.tab();
  expect(sent).toEqual({ variables: { branch: "west" } });
});
