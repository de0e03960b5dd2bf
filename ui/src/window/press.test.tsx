import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Field } from "../design/fields";
import { followPresses } from "./press";

const field = (error?: string) => <Field label="Folder" help="Where it lies" error={error}><input aria-label="Folder" /></Field>;
const rest = () => act(() => new Promise((done) => { setTimeout(done, 1); }));

it("what stands under a field stays in place while the pointer is down", async () => {
  const stop = followPresses();
  const { rerender } = render(field("Folder must be given."));
  fireEvent.pointerDown(document.body);
  rerender(field());
  expect(screen.getByRole("alert")).toHaveTextContent("Folder must be given.");
  fireEvent.pointerUp(document.body);
  expect(screen.getByRole("alert")).toBeInTheDocument();
  await rest();
  expect(screen.queryByRole("alert")).toBeNull();
  stop();
});

it("a press that ends outside, or is taken away, holds nothing back for ever", async () => {
  const stop = followPresses();
  const { rerender } = render(field());
  fireEvent.pointerDown(document.body);
  rerender(field("Folder must be given."));
  expect(screen.queryByRole("alert")).toBeNull();
  fireEvent.pointerCancel(document.body);
  await rest();
  expect(screen.getByRole("alert")).toBeInTheDocument();
  stop();
});

it("a problem that was solved leaves its room, unseen and unread", () => {
  const { rerender, container } = render(field("Folder must be given."));
  rerender(field());
  expect(screen.queryByRole("alert")).toBeNull();
  const room = container.querySelector("[data-room]");
  expect(room).toHaveTextContent("Folder must be given.");
  expect(room).toHaveAttribute("aria-hidden");
  expect(screen.getByText("Where it lies")).not.toHaveAttribute("aria-hidden");
});
