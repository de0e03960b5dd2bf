import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

function start(options: FakeOptions = {}) {
  const host = fakeHost({ pace: 5, ...options });
  setHost(host);
  forget();
  followEvents();
  usePreferences.setState({ environment: null });
  go({ screen: "home" });
  return { host, user: userEvent.setup(), ...render(<App />) };
}
const slow = { timeout: 30_000 };

beforeEach(() => go({ screen: "home" }));

describe("an operator", () => {
  it("answers a question, reads the card, deploys, and takes it all back", async () => {
    const { user } = start({ history: false });
    await user.click(await screen.findByTestId("deploy-share-folder", {}, slow));
    await user.click(await screen.findByTestId("card-next", {}, slow));
    expect(await screen.findByTestId("preview-words", {}, slow)).toHaveTextContent("Creates 1. Nothing is deleted.");
    expect(screen.getByTestId("postcard")).toHaveTextContent(/All of it is simulated on this laptop\..*You can take all of it back\./);
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"), slow);
    await user.click(await screen.findByTestId("undo", {}, slow));
    await user.click(await screen.findByTestId("undo-confirm", {}, slow));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"), slow);
    expect(screen.getByTestId("step-state-serve")).toHaveAttribute("data-value", "undone");
    go({ screen: "home" });
    expect((await screen.findAllByText("Taken back", {}, slow)).length).toBeGreaterThan(0);
  }, 120_000);

  it("is told at the field what is missing, and not before trying", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("deploy-open-branch", {}, slow));
    const next = await screen.findByTestId("card-next", {}, slow);
    expect(screen.queryByRole("alert")).toBeNull();
    await user.click(next);
    expect(screen.getByRole("alert")).toHaveTextContent("Branch name is needed.");
    expect(screen.getByTestId("field-branch")).toBeInvalid();
  });
});

describe("a dangerous change", () => {
  it("needs its own tick where data is lost", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("deploy-open-branch", {}, slow));
    await user.type(await screen.findByTestId("field-branch", {}, slow), "west");
    await user.click(screen.getByTestId("card-next"));
    const deploy = await screen.findByTestId("deploy", {}, slow);
    expect(deploy).toBeDisabled();
    await user.click(screen.getByTestId("confirm-loss"));
    expect(deploy).toBeEnabled();
  });

  it("in a protected environment needs its name typed, and asks for approval", async () => {
    const { user } = start({ environment: "production" });
    await user.click(await screen.findByTestId("deploy-share-folder", {}, slow));
    await user.click(await screen.findByTestId("card-next", {}, slow));
    const ask = await screen.findByTestId("deploy", {}, slow);
    expect(ask).toHaveTextContent("Ask for approval");
    expect(ask).toBeDisabled();
    await user.type(screen.getByTestId("confirm-name"), "production");
    expect(ask).toBeEnabled();
    expect(screen.getByTestId("frame")).toHaveAttribute("data-protected");
  });
});

describe("a step that fails", () => {
  it("says what happened and what each choice would do, and goes on after another try", async () => {
    const { user } = start({ history: false });
    go({ screen: "preview", workflow: "breaks-at-step-4" });
    await user.click(await screen.findByTestId("confirm-loss", {}, slow));
    await user.click(screen.getByTestId("deploy"));
    const question = await screen.findByTestId("question-failure", {}, slow);
    expect(question).toHaveTextContent("must be between 0 and 65535");
    expect(within(question).getAllByRole("button")).toHaveLength(5);
    await user.click(within(question).getByTestId("answer-retry"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"), slow);
  }, 120_000);
});

describe("a step that cannot be previewed", () => {
  it("is told on the card, with why and what to do", async () => {
    const { user } = start({ environment: "production" });
    await user.click(await screen.findByTestId("deploy-open-branch", {}, slow));
    await user.type(await screen.findByTestId("field-branch", {}, slow), "west");
    await user.click(screen.getByTestId("card-next"));
    expect(await screen.findByRole("alert", {}, slow)).toHaveTextContent(/has no credential in Production.*Bind it in/);
    expect(screen.getByTestId("postcard")).not.toHaveTextContent("You can take all of it back.");
    expect(screen.getByTestId("deploy")).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Go to credentials" }));
    expect(await screen.findByTestId("credentials", {}, slow)).toBeInTheDocument();
  });
});

describe("an author, by keyboard alone,", () => {
  it("adds two connected steps, takes one back, and brings it again", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("new-workflow", {}, slow));
    await user.type(await screen.findByTestId("field-name"), "By hand{Enter}");
    await screen.findByTestId("studio", {}, slow);
    await user.type(await screen.findByTestId("palette-search"), "apply a conf{Enter}");
    expect(await screen.findByTestId("node-terraform", {}, slow)).toBeInTheDocument();
    await user.clear(screen.getByTestId("palette-search"));
    await user.type(screen.getByTestId("palette-search"), "playbook{Enter}");
    await screen.findByTestId("node-playbook", {}, slow);
    // The second was added after the first, and stands connected.
    await user.click(screen.getByTestId("show-outline"));
    expect(screen.getByTestId("outline-playbook")).toHaveTextContent("after terraform");
    await user.click(screen.getByTestId("edit-undo"));
    await waitFor(() => expect(screen.queryByTestId("node-playbook")).toBeNull());
    await user.click(screen.getByTestId("edit-redo"));
    expect(await screen.findByTestId("node-playbook")).toBeInTheDocument();
  }, 120_000);

  it("sees what is missing at its place, and cannot preview before it is there", async () => {
    const { user } = start();
    go({ screen: "studio", workflow: "share-folder" });
    await user.click(await screen.findByTestId("outline-serve", {}, slow).catch(async () => { await user.click(await screen.findByTestId("show-outline", {}, slow)); return screen.getByTestId("outline-serve"); }));
    const field = await screen.findByTestId("field-directory", {}, slow);
    expect(screen.getByTestId("preview")).toBeEnabled();
    await user.clear(field);
    await user.tab();
    await waitFor(() => expect(screen.getByTestId("preview")).toBeDisabled(), slow);
    await user.click(screen.getByTestId("problems"));
    expect(await screen.findByTestId("problem-POD0120")).toHaveTextContent("Folder must be given.");
  }, 120_000);
});

describe("keys that reach all steps", () => {
  it("do so from the canvas alone, never from beside it", async () => {
    const { user } = start();
    go({ screen: "studio", workflow: "share-folder" });
    const node = await screen.findByTestId("node-serve", {}, slow);
    await user.click(screen.getByTestId("palette-search"));
    act(() => (document.activeElement as HTMLElement).blur());
    expect(document.body).toHaveFocus();
    await user.keyboard("{Control>}a{/Control}{Delete}{Backspace}");
    expect(node).toBeInTheDocument();
    expect(screen.queryByText(/steps? selected/)).toBeNull();
    act(() => screen.getByTestId("show-text").focus());
    await user.keyboard("{Control>}a{/Control}{Delete}");
    expect(screen.getByTestId("node-serve")).toBeInTheDocument();
    act(() => screen.getByTestId("canvas").focus());
    await user.keyboard("{Control>}a{/Control}{Delete}");
    await waitFor(() => expect(screen.queryByTestId("node-serve")).toBeNull(), slow);
    expect(screen.getByTestId("canvas")).toHaveFocus();
  }, 120_000);
});

describe("a keeper of credentials", () => {
  it("stores a secret that is nowhere in the page afterwards", async () => {
    const { user, container } = start();
    go({ screen: "credentials" });
    await user.click(await screen.findByTestId("add", {}, slow));
    await user.click(await screen.findByTestId("kind-aws"));
    await user.type(screen.getByTestId("field-name"), "fresh-key");
    await user.type(screen.getByTestId("field-access_key_id"), "AKIAEXAMPLE");
    await user.type(screen.getByTestId("field-secret_access_key"), "canary-3f9a");
    await user.type(screen.getByTestId("field-region"), "eu-west-1");
    await user.click(screen.getByTestId("store-credential"));
    expect(await screen.findByTestId("credential-fresh-key", {}, slow)).toBeInTheDocument();
    expect(document.documentElement.outerHTML).not.toContain("canary-3f9a");
    expect([...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value)).not.toContain("canary-3f9a");
    expect(JSON.stringify({ ...window.localStorage })).not.toContain("canary-3f9a");
    expect(container).toHaveTextContent("In the vault");
  }, 120_000);

  it("meets one calm screen while the vault is locked, and a plain word for a wrong passphrase", async () => {
    const { user } = start({ vault: "locked" });
    go({ screen: "credentials" });
    const field = await screen.findByTestId("field-passphrase", {}, slow);
    expect(await screen.findByTestId("vault-inside", {}, slow)).toHaveTextContent("AWS account");
    await user.type(field, "wrong");
    await user.click(screen.getByTestId("vault-unlock"));
    expect(await screen.findByRole("alert")).toHaveTextContent("This passphrase does not open the vault.");
    expect(screen.getByTestId("field-passphrase")).toHaveValue("");
    await user.type(screen.getByTestId("field-passphrase"), "right");
    await user.click(screen.getByTestId("vault-unlock"));
    expect(await screen.findByTestId("credentials", {}, slow)).toBeInTheDocument();
  });
});

describe("trouble", () => {
  it("of the backend is told with its next action", async () => {
    start({ failing: ["workflow.list"] });
    expect(await screen.findByRole("alert", {}, slow)).toHaveTextContent(/The disk is full\..*Make room, then try again\./);
  });

  it("of an empty workspace teaches the next step", async () => {
    start({ empty: true });
    expect(await screen.findByText("No workflows yet", {}, slow)).toBeVisible();
  });
});
