import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import type { RunSummary } from "../bridge/types";
import { followTheme, usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

let calls: string[] = [];

function start(options: FakeOptions = {}) {
  const host = fakeHost({ pace: 5, ...options });
  setHost({ ...host, call: (name, request) => { calls.push(name); return host.call(name, request); } });
  forget();
  followEvents();
  usePreferences.setState({ environment: null, textSize: 100 });
  go({ screen: "home" });
  return { host, user: userEvent.setup(), ...render(<App />) };
}

beforeEach(() => { calls = []; go({ screen: "home" }); });

describe("Home", () => {
  it("stands under headings, with a picture for each, and finds by word and by heading", async () => {
    const { user } = start();
    await waitFor(() => expect(screen.getAllByTestId("category").map((heading) => heading.textContent)).toEqual(["Shops", "Begin here", "Other"]));
    await waitFor(() => expect(screen.getByTestId("tile-restart-shop")).toHaveTextContent("🥐"));
    await user.type(screen.getByRole("searchbox", { name: "Search workflows" }), "begin");
    await waitFor(() => expect(screen.queryByTestId("tile-open-branch")).toBeNull());
    expect(screen.getByTestId("tile-share-folder")).toBeInTheDocument();
    await user.type(screen.getByRole("searchbox", { name: "Search workflows" }), " nothing");
    expect(await screen.findByText(/No workflow has “begin nothing”/)).toBeVisible();
  });

  it("shows only what this person may run, and says that there is more", async () => {
    start({ forOthers: ["open-branch", "breaks-at-step-4"] });
    expect(await screen.findByTestId("tile-share-folder")).toBeInTheDocument();
    expect(screen.queryByTestId("tile-open-branch")).toBeNull();
    await waitFor(() => expect(screen.getByTestId("for-others")).toHaveTextContent("2 workflows more are for other people."));
  });

  it("shows who begins where to begin, and stops once something was deployed", async () => {
    const { unmount } = start({ history: false });
    expect(await screen.findByTestId("first-steps")).toHaveTextContent(/Choose.*Read.*Deploy.*Undo takes it back/);
    await waitFor(() => expect(document.querySelectorAll(".tile [data-look=primary]")).toHaveLength(1));
    unmount();
    start();
    await screen.findByTestId("tile-open-branch");
    await waitFor(() => expect(screen.queryByTestId("first-steps")).toBeNull());
  });

  it("says first what went wrong last and still stands so", async () => {
    start();
    await waitFor(() => expect(screen.getByTestId("greeting")).toHaveTextContent("“Breaks at step 4” failed. Nothing else needs you."));
  });

  it("tells of a sign-in that ends soon before a deployment stumbles over it", async () => {
    const { user } = start();
    await waitFor(() => expect(screen.getByTestId("expiring")).toHaveTextContent(/A sign-in ends soon.*acme-dev.*in \d minutes/));
    await user.click(within(screen.getByTestId("expiring")).getByRole("button", { name: "See credentials" }));
    await waitFor(() => expect(screen.getByTestId("rights")).toHaveTextContent("May look at stacks"));
  });
});

describe("a finished run", () => {
  it("gives the page that stands now and the way back, first", async () => {
    const { user, host } = start({ history: false });
    await user.click(await screen.findByTestId("deploy-share-folder"));
    await user.click(await screen.findByTestId("card-next"));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => {
      const result = screen.getByTestId("result");
      expect(result).toHaveTextContent("It is done.");
      expect(within(result).getByTestId("open-0")).toHaveTextContent("Open Shop page");
      expect(within(result).getAllByRole("button")).toHaveLength(1);
    });
    await waitFor(() => expect(screen.getByTestId("step-line-serve")).toHaveTextContent("Shop page"));
    expect(((await host.call("run.list", {})) as RunSummary[])[0]?.undo.possible).toBe(true);
    await waitFor(() => expect(screen.getByTestId("undo")).toBeEnabled());
  });

  it("is compared with today and with another run", async () => {
    const { user, host } = start();
    const [run] = ((await host.call("run.list", {})) as RunSummary[]).filter((one) => one.workflow === "open-branch");
    go({ screen: "run", run: run?.id ?? "" });
    await user.click(await screen.findByTestId("compare-open"));
    await waitFor(() => expect(screen.getByTestId("compare-steps")).toHaveTextContent(/2 steps differ.*Changed.*Directory.*infra\/network.*infra\/net.*Runs only if.*not there.*Gone/));
    await waitFor(() => expect(screen.getByTestId("compare-settings")).toHaveTextContent(/Region.*practice.*eu-west-1/));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("compare")).toBeNull());
  });
});

describe("a run that stands still", () => {
  it("says at each step what it waits for, and leads there", async () => {
    const { user } = start({ history: false });
    await user.click(await screen.findByTestId("deploy-open-branch"));
    await user.type(await screen.findByTestId("field-branch"), "west");
    await user.click(screen.getByTestId("card-next"));
    await user.click(await screen.findByTestId("confirm-loss"));
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => expect(screen.getByTestId("step-state-sign_off")).toHaveAttribute("data-value", "waiting_approval"));
    await waitFor(() => expect(screen.getByTestId("step-state-shop")).toHaveAttribute("data-value", "blocked"));
    await waitFor(() => expect(screen.getByTestId("step-state-shop")).toHaveTextContent("Blocked"));
    await waitFor(() => expect(screen.getByTestId("step-line-shop")).toHaveTextContent("Blocked until Sign-off by operations is answered"));
    await user.click(screen.getByTestId("node-shop"));
    await waitFor(() => expect(screen.getByTestId("step-sentence")).toHaveTextContent("Blocked until Sign-off by operations is answered."));
    await user.click(await screen.findByTestId("show-sign_off"));
    await user.click(await screen.findByTestId("approve"));
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"));
    await waitFor(() => expect(screen.getByTestId("step-state-tell")).toHaveAttribute("data-value", "skipped"));
  });
});

describe("Settings", () => {
  it("make the text larger everywhere, and let the vault lock itself", async () => {
    followTheme();
    // The backend is told at most every half minute; however slow this machine is, no time passes here.
    vi.spyOn(Date, "now").mockReturnValue(Date.now());
    const { user } = start();
    go({ screen: "settings" });
    await user.click(within(await screen.findByTestId("text-size")).getByRole("radio", { name: "200 %" }));
    await waitFor(() => expect(document.documentElement.style.fontSize).toBe("200%"));
    expect(document.documentElement.dataset.text).toBe("large");
    await user.click(within(screen.getByTestId("text-size")).getByRole("radio", { name: "100 %" }));
    await waitFor(() => expect(document.documentElement.style.fontSize).toBe(""));
    await user.click(within(await screen.findByTestId("lock-after")).getByRole("radio", { name: "After 15 minutes" }));
    await waitFor(() => expect(within(screen.getByTestId("lock-after")).getByRole("radio", { name: "After 15 minutes" })).toBeChecked());
    // Hands on the window are told to the backend, and not for every move of them.
    expect(calls.filter((name) => name === "person.here")).toHaveLength(1);
  });

  it("a locked vault is in sight on every screen, with the way to open it", async () => {
    const { user } = start({ vault: "locked" });
    await user.click(await screen.findByTestId("vault-sign"));
    expect(await screen.findByTestId("vault-locked")).toBeInTheDocument();
    await user.type(await screen.findByTestId("field-passphrase"), "right");
    await user.click(screen.getByTestId("vault-unlock"));
    await waitFor(() => expect(screen.queryByTestId("vault-sign")).toBeNull());
  });
});
