import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
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

it("a list of things has fields for each of them, and none of it is JSON", async () => {
  const user = userEvent.setup();
  const rules = { type: "object" as const, properties: { rules: { type: "array" as const, title: "Rules", items: { type: "object" as const, properties: { port: { type: "integer" as const, title: "Port" }, open: { type: "boolean" as const, title: "Open" } } } }, status: { title: "Status", anyOf: [{ type: "integer" as const }, { type: "array" as const, items: { type: "integer" as const } }] } } };
  function Form() {
    const [value, setValue] = useState<JsonObject>({});
    return <><SchemaForm schema={rules} value={value} onChange={(path, next) => setValue((current) => withValue(current, path, next) as JsonObject)} /><output>{JSON.stringify(value)}</output></>;
  }
  render(<Form />);
  const now = () => JSON.parse(screen.getByRole("status").textContent ?? "") as JsonObject;
  await user.click(screen.getByTestId("add-rules"));
  await user.click(screen.getByTestId("add-rules"));
  await user.type(screen.getByTestId("field-rules.1.port"), "443");
  await user.tab();
  await user.click(screen.getAllByRole("radio", { name: "Yes" })[1] as HTMLElement);
  expect(now()).toEqual({ rules: [{}, { port: 443, open: true }] });
  await user.click(screen.getByRole("button", { name: "Remove 1" }));
  expect(now()).toEqual({ rules: [{ port: 443, open: true }] });
  expect(screen.getByTestId("field-rules.0.port")).toHaveValue("443");
  // One thing, or a list of them.
  await user.type(screen.getByTestId("field-status"), "200");
  await user.tab();
  expect(now().status).toBe(200);
  await user.type(screen.getByTestId("field-status"), "{Enter}204");
  await user.tab();
  expect(now().status).toEqual([200, 204]);
});

it("hosts that an expression gives are one line, and none of it is JSON", async () => {
  const user = userEvent.setup();
  const hosts = { type: "object" as const, properties: { inventory: { type: ["string", "object"], title: "Inventory", "x-podium-kind": "host-list" } } };
  const given = "${{ steps.network.outputs.hosts }}";
  let sent: JsonObject = {};
  const form = (value: JsonObject) => <SchemaForm schema={hosts} value={value} onChange={(path, next) => { sent = withValue(sent, path, next) as JsonObject; }} />;
  const { rerender } = render(form({ inventory: { hosts: given } }));
  expect(screen.getByTestId("field-inventory")).toHaveValue(given);
  await user.clear(screen.getByTestId("field-inventory"));
  await user.type(screen.getByTestId("field-inventory"), "web-1{Enter}web-2");
  await user.tab();
  expect(sent).toEqual({ inventory: { hosts: ["web-1", "web-2"] } });
  rerender(form(sent));
  await user.clear(screen.getByTestId("field-inventory"));
  await user.click(screen.getByTestId("field-inventory"));
  await user.paste(given);
  await user.tab();
  expect(sent).toEqual({ inventory: { hosts: given } });
});
