import { act, render, screen } from "@testing-library/react";
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

it("an expression that is typed over keeps its field and the caret, whatever is typed", async () => {
  const user = userEvent.setup();
  const text = { type: "object" as const, properties: { directory: { type: "string" as const, title: "Folder" } } };
  const authoring = { suggestions: [], discover: () => Promise.resolve([]) };
  let sent: JsonObject = {};
  const form = (value: JsonObject) => <SchemaForm schema={text} value={value} authoring={authoring} onChange={(path, next) => { sent = withValue(sent, path, next) as JsonObject; }} />;
  const { rerender } = render(form({ directory: "${{ inputs.folder }}" }));
  const field = screen.getByTestId("field-directory");
  await user.clear(field);
  rerender(form({}));
  expect(screen.getByTestId("field-directory")).toBe(field);
  await user.type(field, "public");
  expect(field).toHaveFocus();
  await user.tab();
  expect(sent).toEqual({ directory: "public" });
  rerender(form(sent));
  expect(screen.getByTestId("field-directory")).toBe(field);
  act(() => (document.activeElement as HTMLElement).blur());
  // What came from elsewhere is shown as what it is.
  rerender(form({ directory: "other" }));
  expect(screen.getByTestId("fx-directory")).toHaveAttribute("aria-pressed", "false");
  rerender(form({ directory: "${{ inputs.folder }}" }));
  expect(screen.getByTestId("fx-directory")).toHaveAttribute("aria-pressed", "true");
});
