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

beforeEach(() => go({ screen: "home" }));

describe("an operator", () => {
  it("answers a question, reads the card, deploys, and takes it all back", async () => {
    const { user } = start({ history: false });
    await user.click(await screen.findByTestId("deploy-share-folder"));
    await user.click(await screen.findByTestId("card-next"));
    await waitFor(() => expect(screen.getByTestId("preview-words")).toHaveTextContent("Creates 1. Nothing is deleted."));
    await waitFor(() => expect(screen.getByTestId("postcard")).toHaveTextContent(/All of it is simulated on this laptop\..*You can take all of it back\./));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"));
    await user.click(await screen.findByTestId("undo"));
    await user.click(await screen.findByTestId("undo-confirm"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"));
    await waitFor(() => expect(screen.getByTestId("step-state-serve")).toHaveAttribute("data-value", "undone"));
    go({ screen: "home" });
    expect((await screen.findAllByText("Taken back")).length).toBeGreaterThan(0);
  });

  it("is told at the field what is missing, and not before trying", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("deploy-open-branch"));
    await screen.findByTestId("card-next");
    expect(screen.queryByRole("alert")).toBeNull();
    await user.click(screen.getByTestId("card-next"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Branch name is needed.");
    expect(screen.getByTestId("field-branch")).toBeInvalid();
  });
});

describe("a dangerous change", () => {
  it("needs its own tick where data is lost", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("deploy-open-branch"));
    await user.type(await screen.findByTestId("field-branch"), "west");
    await user.click(screen.getByTestId("card-next"));
    await user.click(await screen.findByTestId("confirm-loss"));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("confirm-loss"));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeDisabled());
  });

  it("in a protected environment needs its name typed, and asks for approval", async () => {
    const { user } = start({ environment: "production" });
    await user.click(await screen.findByTestId("deploy-share-folder"));
    await user.click(await screen.findByTestId("card-next"));
    await screen.findByTestId("confirm-name");
    const ask = () => screen.getByTestId("deploy");
    expect(ask()).toHaveTextContent("Ask for approval");
    expect(ask()).toBeDisabled();
    await user.type(screen.getByTestId("confirm-name"), "production");
    await waitFor(() => expect(ask()).toBeEnabled());
    expect(screen.getByTestId("frame")).toHaveAttribute("data-protected");
  });
});

describe("a step that fails", () => {
  it("says what happened and what each choice would do, and goes on after another try", async () => {
    const { user } = start({ history: false });
    go({ screen: "preview", workflow: "breaks-at-step-4" });
    await user.click(await screen.findByTestId("confirm-loss"));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => expect(screen.getByTestId("question-failure")).toHaveTextContent("must be between 0 and 65535"));
    expect(within(screen.getByTestId("question-failure")).getAllByRole("button")).toHaveLength(5);
    await user.click(screen.getByTestId("answer-retry"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"));
  });
});

describe("a step that cannot be previewed", () => {
  it("is told on the card, with why and what to do", async () => {
    const { user } = start({ environment: "production" });
    await user.click(await screen.findByTestId("deploy-open-branch"));
    await user.type(await screen.findByTestId("field-branch"), "west");
    await user.click(screen.getByTestId("card-next"));
    expect(await screen.findByRole("alert")).toHaveTextContent(/has no credential in Production.*Bind it in/);
    expect(await screen.findByTestId("postcard")).not.toHaveTextContent("You can take all of it back.");
    expect(screen.getByTestId("deploy")).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Go to credentials" }));
    expect(await screen.findByTestId("credentials")).toBeInTheDocument();
  });
});

describe("an author, by keyboard alone,", () => {
  it("adds two connected steps, takes one back, and brings it again", async () => {
    const { user } = start();
    await user.click(await screen.findByTestId("new-workflow"));
    await user.type(await screen.findByTestId("field-name"), "By hand{Enter}");
    await screen.findByTestId("studio");
    await user.type(await screen.findByTestId("palette-search"), "apply a conf{Enter}");
    expect(await screen.findByTestId("node-terraform")).toBeInTheDocument();
    await user.clear(screen.getByTestId("palette-search"));
    await user.type(screen.getByTestId("palette-search"), "playbook{Enter}");
    await screen.findByTestId("node-playbook");
    // The second was added after the first, and stands connected.
    await user.click(screen.getByTestId("show-outline"));
    await waitFor(() => expect(screen.getByTestId("outline-playbook")).toHaveTextContent("after terraform"));
    await user.click(screen.getByTestId("edit-undo"));
    await waitFor(() => expect(screen.queryByTestId("node-playbook")).toBeNull());
    await user.click(screen.getByTestId("edit-redo"));
    expect(await screen.findByTestId("node-playbook")).toBeInTheDocument();
  });

  it("sees what is missing at its place, and cannot preview before it is there", async () => {
    const { user } = start();
    go({ screen: "studio", workflow: "share-folder" });
    await user.click(await screen.findByTestId("show-outline"));
    await user.click(await screen.findByTestId("outline-serve"));
    await screen.findByTestId("field-directory");
    await waitFor(() => expect(screen.getByTestId("preview")).toBeEnabled());
    await user.clear(screen.getByTestId("field-directory"));
    await user.tab();
    await waitFor(() => expect(screen.getByTestId("preview")).toBeDisabled());
    await user.click(screen.getByTestId("problems"));
    await waitFor(() => expect(screen.getByTestId("problem-POD0120")).toHaveTextContent("Folder must be given."));
  });
});

describe("keys that reach all steps", () => {
  it("do so from the canvas alone, never from beside it", async () => {
    const { user } = start();
    go({ screen: "studio", workflow: "share-folder" });
    await screen.findByTestId("node-serve");
    await user.click(await screen.findByTestId("palette-search"));
    act(() => (document.activeElement as HTMLElement).blur());
    expect(document.body).toHaveFocus();
    await user.keyboard("{Control>}a{/Control}{Delete}{Backspace}");
    expect(screen.getByTestId("node-serve")).toBeInTheDocument();
    expect(screen.queryByText(/steps? selected/)).toBeNull();
    act(() => screen.getByTestId("show-text").focus());
    await user.keyboard("{Control>}a{/Control}{Delete}");
    expect(screen.getByTestId("node-serve")).toBeInTheDocument();
    act(() => screen.getByTestId("canvas").focus());
    await user.keyboard("{Control>}a{/Control}{Delete}");
    await waitFor(() => expect(screen.queryByTestId("node-serve")).toBeNull());
    await waitFor(() => expect(screen.getByTestId("canvas")).toHaveFocus());
  });
});

describe("a keeper of credentials", () => {
  it("stores a secret that is nowhere in the page afterwards", async () => {
    const { user, container } = start();
    go({ screen: "credentials" });
    await user.click(await screen.findByTestId("add"));
    await user.click(await screen.findByTestId("kind-aws"));
    await user.type(await screen.findByTestId("field-name"), "fresh-key");
    await user.type(await screen.findByTestId("field-access_key_id"), "AKIAEXAMPLE");
    await user.type(screen.getByTestId("field-secret_access_key"), "canary-3f9a");
    await user.type(screen.getByTestId("field-region"), "eu-west-1");
    await user.click(screen.getByTestId("store-credential"));
    expect(await screen.findByTestId("credential-fresh-key")).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByTestId("store-credential")).toBeNull());
    expect(document.documentElement.outerHTML).not.toContain("canary-3f9a");
    expect([...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value)).not.toContain("canary-3f9a");
    expect(JSON.stringify({ ...window.localStorage })).not.toContain("canary-3f9a");
    expect(container).toHaveTextContent("In the vault");
  });

  it("searches everything for a secret, and is told where it stands", async () => {
    const { user } = start();
    go({ screen: "credentials", name: "acme-dev" });
    await user.click(await screen.findByTestId("search"));
    expect(await screen.findByTestId("searched")).toHaveTextContent(/Nothing was found\..*412 files \(9\.8 MB\)/);
  });

  it("is told of a leak with its place", async () => {
    const { user } = start({ leaked: true });
    go({ screen: "credentials", name: "acme-dev" });
    await user.click(await screen.findByTestId("search"));
    expect(await screen.findByTestId("searched")).toHaveTextContent(/It stands in 1 place\..*notes\.txt/);
  });

  it("meets one calm screen while the vault is locked, and a plain word for a wrong passphrase", async () => {
    const { user } = start({ vault: "locked" });
    go({ screen: "credentials" });
    await screen.findByTestId("field-passphrase");
    await waitFor(() => expect(screen.getByTestId("vault-inside")).toHaveTextContent("AWS account"));
    await user.type(screen.getByTestId("field-passphrase"), "wrong");
    await user.click(screen.getByTestId("vault-unlock"));
    expect(await screen.findByRole("alert")).toHaveTextContent("This passphrase does not open the vault.");
    await waitFor(() => expect(screen.getByTestId("field-passphrase")).toHaveValue(""));
    await user.type(screen.getByTestId("field-passphrase"), "right");
    await user.click(screen.getByTestId("vault-unlock"));
    expect(await screen.findByTestId("credentials")).toBeInTheDocument();
  });
});

describe("trouble", () => {
  it("of the backend is told with its next action", async () => {
    start({ failing: ["workflow.list"] });
    expect(await screen.findByRole("alert")).toHaveTextContent(/The disk is full\..*Make room, then try again\./);
  });

  it("of an empty workspace teaches the next step", async () => {
    start({ empty: true });
    expect(await screen.findByText("No workflows yet")).toBeVisible();
  });
});
