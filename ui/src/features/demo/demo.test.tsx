import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { App } from "../../app/App";
import { setHost } from "../../bridge/client";
import { type FakeOptions, fakeHost } from "../../bridge/fake/host-fake";
import { followEvents, forget } from "../../bridge/queries";
import { tourWords } from "../../text/demo";
import { useActions } from "../../window/actions";
import { usePreferences } from "../../window/preferences";
import { go } from "../../window/route";
import { useGone } from "./gone";

let calls: [string, unknown][] = [];

function start(options: FakeOptions = {}) {
  const host = fakeHost({ pace: 5, demo: true, ...options });
  setHost({ ...host, call: (name, request) => { calls.push([name, request]); return host.call(name, request); } });
  forget();
  followEvents();
  return { user: userEvent.setup(), ...render(<App />) };
}

beforeEach(() => {
  calls = [];
  usePreferences.setState({ environment: null, textSize: 100, tours: {} });
  useGone.setState({ removed: null });
  go({ screen: "home" });
});

describe("the tour", () => {
  it("is there when the demo is opened first, says a card at a time, and leads through seven by keyboard alone", async () => {
    const { user } = start();
    const tour = await screen.findByRole("region", { name: "Tour of the demo, card 1 of 7" });
    // Nobody is held up: no focus is taken, nothing lies over the screen.
    expect(document.activeElement).toBe(document.body);
    expect(tour.closest("[role=dialog], .scrim")).toBeNull();
    expect(within(tour).getByRole("status")).toHaveTextContent(tourWords.cards[0]?.say ?? "-");
    within(tour).getByTestId("tour-next").focus();
    const seen = [];
    for (let at = 1; at < 7; at += 1) {
      await user.keyboard("{Enter}");
      await screen.findByRole("region", { name: `Tour of the demo, card ${at + 1} of 7` });
      await waitFor(() => expect(screen.queryByTestId("tour-show")).toBeNull());
      seen.push(window.location.hash);
      expect(screen.getByTestId("tour-next")).toHaveFocus();
    }
    expect(seen).toEqual(["#/home", "#/home", "#/runs", "#/runs", "#/credentials", "#/settings"]);
    await waitFor(() => expect(screen.getByTestId("demo-section")).toHaveAttribute("data-toured"));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.queryByTestId("tour")).toBeNull());
    expect(document.querySelector("[data-toured]")).toBeNull();
  });

  it("remembers where somebody was, leads back there, and is left alone once it was skipped", async () => {
    const first = start();
    await first.user.click(await screen.findByTestId("tour-next"));
    first.unmount();
    go({ screen: "home" });
    const { user, unmount } = start();
    await screen.findByRole("region", { name: "Tour of the demo, card 2 of 7" });
    await user.click(await screen.findByTestId("tour-next"));
    await user.click(screen.getByTestId("tour-next"));
    expect(window.location.hash).toBe("#/runs");
    go({ screen: "settings" });
    await user.click(await screen.findByTestId("tour-show"));
    expect(window.location.hash).toBe("#/runs");
    await user.click(screen.getByTestId("tour-skip"));
    unmount();
    go({ screen: "home" });
    start();
    await screen.findByTestId("greeting");
    await waitFor(() => expect(useActions.getState().groups.tour?.length).toBe(1));
    expect(screen.queryByTestId("tour")).toBeNull();
  });

  it("is begun again by an action, and whoever asks is led to it", async () => {
    usePreferences.setState({ tours: { "~/corner-shops": -1 } });
    start();
    await waitFor(() => expect(useActions.getState().groups.tour?.[0]?.label).toBe("Take the tour of the demo"));
    useActions.getState().groups.tour?.[0]?.run();
    await screen.findByRole("region", { name: "Tour of the demo, card 1 of 7" });
    await waitFor(() => expect(screen.getByTestId("tour-next")).toHaveFocus());
  });

  it("is not in a workspace of one’s own", async () => {
    start({ demo: false });
    await screen.findByTestId("greeting");
    expect(screen.queryByTestId("tour")).toBeNull();
    go({ screen: "settings" });
    await screen.findByTestId("theme");
    expect(screen.queryByTestId("demo-section")).toBeNull();
  });
});

describe("removing the demo", () => {
  it("says what goes and what stays, and does nothing before the click", async () => {
    const { user } = start();
    go({ screen: "settings" });
    await user.click(await screen.findByTestId("demo-remove"));
    const dialog = await screen.findByTestId("remove-demo");
    await waitFor(() => expect(within(dialog).getByTestId("demo-goes")).toHaveTextContent("12 recorded ones"));
    expect(within(dialog).getByTestId("demo-standing")).toHaveTextContent("The central shop in play It stands and is taken back first.");
    expect(within(dialog).getByTestId("demo-stays")).toHaveTextContent("workflows/my-own.yaml The demo did not write it.");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("remove-demo")).toBeNull());
    expect(calls.some(([name]) => name === "demo.remove")).toBe(false);
  });

  it("removes it and ends with what stayed, without a workspace to go back to", async () => {
    const { user } = start();
    go({ screen: "settings" });
    await user.click(await screen.findByTestId("demo-remove"));
    await user.click(await screen.findByTestId("demo-leave"));
    await user.click(screen.getByTestId("remove-demo-now"));
    const gone = await screen.findByTestId("demo-gone");
    expect(calls.find(([name]) => name === "demo.remove")?.[1]).toEqual({ leave: true });
    expect(within(gone).getByRole("heading", { name: "The demo is removed" })).toHaveFocus();
    expect(gone).toHaveTextContent("27 files of its folder that nobody changed.");
    expect(gone).toHaveTextContent("workflows/my-own.yaml");
    expect(screen.queryByTestId("frame")).toBeNull();
    expect(usePreferences.getState().tours).toEqual({});
  });

  it("stays open and says why where it could not be done", async () => {
    const { user } = start({ failing: ["demo.remove"] });
    go({ screen: "settings" });
    await user.click(await screen.findByTestId("demo-remove"));
    await screen.findByTestId("demo-goes");
    await user.click(screen.getByTestId("remove-demo-now"));
    const dialog = await screen.findByTestId("remove-demo");
    expect(await within(dialog).findByRole("alert")).toBeVisible();
    expect(screen.getByTestId("remove-demo-now")).toBeEnabled();
  });
});
