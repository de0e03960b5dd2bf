import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { useToasts } from "../window/toasts";
import { overlay, page } from "./page";

beforeEach(() => useToasts.setState({ toasts: [] }));
const Runs = ({ of }: { of: string }) => <p>Runs of {of}</p>;

it("a screen keeps its room while it is loaded, and is loaded once", async () => {
  let asked = 0;
  let bring: (component: typeof Runs) => void = () => {};
  const Later = page<{ of: string }>(() => { asked += 1; return new Promise((done) => { bring = done; }); });
  const { unmount } = render(<Later of="Köln" />);
  expect(screen.getByTestId("page-room")).toHaveAttribute("aria-busy");
  void Later.load();
  bring(Runs);
  expect(await screen.findByText("Runs of Köln")).toBeInTheDocument();
  unmount();
  render(<Later of="Bonn" />);
  expect(screen.getByText("Runs of Bonn")).toBeInTheDocument();
  expect(asked).toBe(1);
});

it("a screen that cannot be loaded says so, and is tried again", async () => {
  let fails = true;
  const Later = page<{ of: string }>(() => (fails ? Promise.reject(new TypeError("Importing a module script failed.")) : Promise.resolve(Runs)));
  render(<Later of="Köln" />);
  await waitFor(() => expect(screen.getByTestId("not-loaded")).toHaveTextContent("This screen could not be loaded."));
  fails = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Runs of Köln")).toBeInTheDocument();
});

it("what opens over a screen and cannot be loaded is told, and opens the next time", async () => {
  let fails = true;
  const Later = overlay<{ of: string }>(() => (fails ? Promise.reject(new TypeError("gone")) : Promise.resolve(Runs)));
  const { unmount } = render(<Later of="Köln" />);
  await waitFor(() => expect(useToasts.getState().toasts.map((toast) => toast.title)).toEqual(["This could not be opened."]));
  unmount();
  fails = false;
  render(<Later of="Köln" />);
  expect(await screen.findByText("Runs of Köln")).toBeInTheDocument();
});
