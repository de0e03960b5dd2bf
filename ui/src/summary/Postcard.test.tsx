import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { setHost, call } from "../bridge/client";
import { fakeHost } from "../bridge/fake/host-fake";
import { Postcard } from "./Postcard";

async function card(of: (step: { uses: string }) => object) {
  setHost(fakeHost({ pace: 5 }));
  const view = await call("preview.make", { workflow: "open-branch", environment: "play", inputs: { branch: "west" } });
  const steps = view.preview.steps.map((step) => ({ ...step, ...of(step) }));
  render(<Postcard view={{ ...view, preview: { ...view.preview, steps } }} manifests={await call("connector.list", {})} title="A card" />);
  return screen.getByTestId("postcard");
}

it("names a system of which nobody knows yet what it changes, and says what of it stays", async () => {
  const text = await card(({ uses }) => (uses === "ansible/playbook" ? { confidence: "unknown", changes: [], undo: { class: "manual", because: "It has no playbook that takes it back." } } : {}));
  expect(text).toHaveTextContent(/It uses .*Ansible/);
  expect(text).not.toHaveTextContent("You can take all of it back.");
});

it("names no system that changes nothing", async () => {
  const text = await card(({ uses }) => (uses === "ansible/playbook" ? { confidence: "exact", changes: [] } : {}));
  expect(text).not.toHaveTextContent("Ansible");
});
