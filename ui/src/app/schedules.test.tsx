import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

let calls: [string, unknown][] = [];
const called = (name: string) => calls.filter(([one]) => one === name).map(([, request]) => request);

async function start(options: FakeOptions = {}) {
  const host = fakeHost({ pace: 5, ...options });
  calls = [];
  setHost({ ...host, call: (name, request) => { calls.push([name, request]); return host.call(name, request); } });
  forget();
  followEvents();
  usePreferences.setState({ environment: null, textSize: 100 });
  go({ screen: "runs" });
  render(<App />);
  return { host, user: userEvent.setup() };
}

const card = () => screen.findByTestId("schedule-restart-each-night");

beforeEach(() => go({ screen: "home" }));

describe("Schedules", () => {
  it("stand beside the runs, and say when, what and where in words", async () => {
    const { user } = await start();
    await user.click(await screen.findByTestId("tab-schedules"));
    const one = await card();
    expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Schedules");
    expect(one).toHaveAttribute("data-state", "off");
    expect(one).toHaveTextContent("each day at 02:00, Europe/Berlin");
    expect(one).toHaveTextContent("Restart a shop");
    expect(one).toHaveTextContent("schedules/restart-each-night.yaml");
    await user.click(within(one).getByTestId("schedule-upcoming"));
    expect(within(one).getAllByRole("listitem")).toHaveLength(3);
  });

  it("are switched on by who has read what that means, with what they read", async () => {
    const { user } = await start();
    act(() => go({ screen: "schedules" }));
    await user.click(within(await card()).getByTestId("schedule-on"));
    const dialog = await screen.findByTestId("switch-on");
    await within(dialog).findByText(/It runs/);
    expect(within(dialog).getByTestId("switch-on-preview")).toBeVisible();
    await user.click(within(dialog).getByTestId("switch-on-agree"));
    await waitFor(() => expect(screen.queryByTestId("switch-on")).toBeNull());
    expect(called("schedule.on")).toEqual([{ schedule: "restart-each-night", fingerprint: "sha256:fake" }]);
    await waitFor(async () => expect(await card()).toHaveAttribute("data-state", "on"));
    await user.click(within(await card()).getByTestId("schedule-off"));
    await waitFor(async () => expect(await card()).toHaveAttribute("data-state", "off"));
  });

  it("ask on Home what becomes of a time that was missed; it is left, or previewed and run", async () => {
    const { host, user } = await start();
    act(() => go({ screen: "home" }));
    await screen.findByTestId("greeting");
    expect(screen.queryByTestId("missed-restart-each-night")).toBeNull();
    await act(async () => { await host.call("schedule.on", { schedule: "restart-each-night", fingerprint: "sha256:fake" }); });
    const missed = await screen.findByTestId("missed-restart-each-night");
    expect(missed).toHaveTextContent("“Restart each night” has missed its time");
    await user.click(within(missed).getByTestId("missed-run"));
    await screen.findByTestId("preview-page");
    expect(called("schedule.preview")).toEqual([{ schedule: "restart-each-night", missed: true }]);
    expect(window.location.hash).toBe("#/due/restart-each-night/missed");
    act(() => go({ screen: "home" }));
    await user.click(within(await screen.findByTestId("missed-restart-each-night")).getByTestId("missed-leave"));
    await waitFor(() => expect(screen.queryByTestId("missed-restart-each-night")).toBeNull());
    act(() => go({ screen: "schedules" }));
    await user.click(within(await card()).getByTestId("schedule-history"));
    expect(await card()).toHaveTextContent("Missed, and left by you.");
  });

  it("are tried at any time, after a preview", async () => {
    const { user } = await start();
    act(() => go({ screen: "schedules" }));
    await user.click(within(await card()).getByTestId("schedule-try"));
    await user.click(await screen.findByTestId("deploy"));
    await waitFor(() => expect(window.location.hash).toContain("#/run/"));
    expect(called("schedule.preview")).toEqual([{ schedule: "restart-each-night", missed: false }]);
  });

  it("are made by choosing what, where and how often, and say when that is before they are", async () => {
    const { user } = await start();
    act(() => go({ screen: "schedules" }));
    await user.click(await screen.findByTestId("new-schedule-open"));
    const dialog = await screen.findByTestId("new-schedule");
    await waitFor(() => expect(within(dialog).getByTestId("schedule-when")).toHaveTextContent("0 2 * * *"));
    // A workflow that asks something is not scheduled before it is answered.
    expect(within(dialog).getByTestId("create-schedule")).toBeDisabled();
    await user.click(within(dialog).getByTestId("schedule-workflow"));
    await user.click(await screen.findByRole("option", { name: "Breaks at step 4" }));
    await user.click(within(dialog).getByRole("radio", { name: "Weekdays" }));
    await waitFor(() => expect(within(dialog).getByTestId("schedule-when")).toHaveTextContent("0 2 * * 1-5"));
    const zone = within(dialog).getByTestId("schedule-zone");
    await user.clear(zone);
    await user.type(zone, "Berlin");
    expect(await within(dialog).findByText(/no time zone/)).toBeVisible();
    expect(within(dialog).getByTestId("create-schedule")).toBeDisabled();
    await user.clear(zone);
    await user.type(zone, "Europe/Berlin");
    // What was meant so far is where one goes on by cron.
    await user.click(within(dialog).getByRole("radio", { name: "By cron" }));
    expect(within(dialog).getByTestId("schedule-cron")).toHaveValue("0 2 * * 1-5");
    await user.type(within(dialog).getByTestId("schedule-title"), "Jede Nacht");
    await waitFor(() => expect(within(dialog).getByTestId("create-schedule")).toBeEnabled());
    await user.click(within(dialog).getByTestId("create-schedule"));
    expect(await screen.findByTestId("schedule-made-1")).toHaveTextContent("Jede Nacht");
    expect(called("schedule.create")).toMatchObject([{ title: "Jede Nacht", cron: "0 2 * * 1-5", time_zone: "Europe/Berlin", missed: "ask", inputs: {} }]);
  });

  it("teach what they are where there is none", async () => {
    await start({ empty: true });
    act(() => go({ screen: "schedules" }));
    expect(await screen.findByTestId("no-schedules")).toHaveTextContent("runs only on a computer where somebody has switched it on");
  });
});
