import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { EditorView } from "@codemirror/view";
import { expect, it } from "vitest";
import { fakeHost } from "../../bridge/fake/host-fake";
import type { DocumentView } from "../../bridge/types";
import { TextPanel } from "./TextPanel";

// The test’s page has no geometry.
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;

const editor = () => {
  const root = document.querySelector(".text-host")?.shadowRoot?.querySelector<HTMLElement>(".cm-editor");
  const found = root ? EditorView.findFromDOM(root) : null;
  if (!found) throw new Error("there is no editor");
  return found;
};
const text = () => editor().state.doc.toString();
const write = (words: string) => act(() => { editor().dispatch({ changes: { from: editor().state.doc.length, insert: words } }); });

async function open() {
  const view = await fakeHost({ latency: 0 }).call("document.open", { workflow: "share-folder" }) as DocumentView;
  const told: string[] = [];
  const panel = (next: string) => <TextPanel view={{ ...view, text: next }} step={null} onText={(now) => told.push(now)} />;
  const { rerender } = render(panel("a: 1\n"));
  return { told, outside: (next: string) => rerender(panel(next)), user: userEvent.setup() };
}

it("shows what another branch has as soon as it is there", async () => {
  const { outside, told } = await open();
  outside("a: 2\nb: 3\n");
  expect(text()).toBe("a: 2\nb: 3\n");
  expect(screen.queryByTestId("text-outside")).toBeNull();
  expect(told).toEqual([]);
});

it("loses nothing that is being written, and saves nothing over the other version unasked", async () => {
  const { outside, told, user } = await open();
  write("# mine\n");
  outside("a: 2\n");
  expect(await screen.findByTestId("text-outside")).toHaveTextContent("changed outside");
  expect(text()).toBe("a: 1\n# mine\n");
  // Neither the pause of typing nor more words save it.
  write("# more\n");
  await new Promise((done) => { setTimeout(done, 500); });
  expect(told).toEqual([]);
  await user.click(screen.getByTestId("text-mine"));
  expect(told).toEqual(["a: 1\n# mine\n# more\n"]);
  outside("a: 1\n# mine\n# more\n");
  expect(screen.queryByTestId("text-outside")).toBeNull();
});

it("shows the other version where that is chosen", async () => {
  const { outside, told, user } = await open();
  write("# mine\n");
  outside("a: 2\n");
  await user.click(await screen.findByTestId("text-other"));
  expect(text()).toBe("a: 2\n");
  expect(screen.queryByTestId("text-outside")).toBeNull();
  await new Promise((done) => { setTimeout(done, 500); });
  expect(told.filter((one) => one !== "a: 2\n")).toEqual([]);
  // What is written upon it is saved again.
  write("c: 1\n");
  await waitFor(() => expect(told.at(-1)).toBe("a: 2\nc: 1\n"));
});

it("takes its own saving for no change from outside, also while somebody writes on", async () => {
  const { outside, told } = await open();
  write("b: 2\n");
  await waitFor(() => expect(told).toEqual(["a: 1\nb: 2\n"]));
  write("c: 3\n");
  outside("a: 1\nb: 2\n");
  expect(screen.queryByTestId("text-outside")).toBeNull();
  expect(text()).toBe("a: 1\nb: 2\nc: 3\n");
  await waitFor(() => expect(told.at(-1)).toBe("a: 1\nb: 2\nc: 3\n"));
});
