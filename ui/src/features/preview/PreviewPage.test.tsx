import { render, screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { call, setHost } from "../../bridge/client";
import { fakeHost } from "../../bridge/fake/host-fake";
import { PreviewPage } from "./PreviewPage";

beforeEach(() => setHost(fakeHost({ pace: 5 })));

async function page(of: (step: { uses: string }) => object) {
  const view = await call("preview.make", { workflow: "open-branch", environment: "play", inputs: { branch: "west" } });
  const steps = view.preview.steps.map((step) => ({ ...step, undo: { class: "automatic" as const, because: null }, ...of(step) }));
  render(<PreviewPage view={{ ...view, preview: { ...view.preview, undoes: "run_1", steps } }} again={() => {}} title="Undo" />);
  await screen.findByTestId("preview-page");
}

it("does not say that it stays what is taken back and cannot be had again", async () => {
  await page(({ uses }) => (uses === "terraform/apply" ? { undo: { class: "manual", because: "Run the workflow again to have it back." } } : {}));
  expect(screen.queryByText("What stays")).toBeNull();
});

it("says what stays, and why", async () => {
  await page(({ uses }) => (uses === "terraform/apply" ? { changes: [], undo: { class: "impossible", because: "It was sent." } } : {}));
  expect(screen.getByText("What stays")).toBeInTheDocument();
  expect(screen.getByText(/: It was sent\./)).toBeInTheDocument();
});
