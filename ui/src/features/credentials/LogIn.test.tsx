import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { setHost } from "../../bridge/client";
import { type FakeOptions, fakeHost } from "../../bridge/fake/host-fake";
import { followEvents, forget } from "../../bridge/queries";
import type { Host } from "../../bridge/host";
import { Credentials } from "./Credentials";

/** The screen with one credential chosen; `held` keeps the login waiting for the person. */
function start(name: string, options: FakeOptions = {}, held?: Promise<unknown>) {
  const host = fakeHost(options);
  const calls: string[] = [];
  const links: string[] = [];
  const asked: Host = {
    ...host,
    openLink: (url) => { links.push(url); },
    call: async (command, request) => {
      calls.push(command);
      if (command === "credential.login_wait") await held;
      return host.call(command, request);
    },
  };
  setHost(asked);
  forget();
  followEvents();
  render(<Credentials name={name} />);
  return { user: userEvent.setup(), calls, links };
}

describe("Log in", () => {
  it("shows the code, opens the page when asked, and tells who one is afterwards", async () => {
    let entered: (value?: unknown) => void = () => undefined;
    const { user, links } = start("my-azure", {}, new Promise((resolve) => { entered = resolve; }));
    await user.click(await screen.findByTestId("login"));
    expect(await screen.findByTestId("login-code")).toHaveTextContent("SHOP-2026");
    expect(links).toEqual([]);
    await user.click(screen.getByTestId("login-open"));
    expect(links).toEqual(["https://login.example/device"]);
    entered();
    await waitFor(() => expect(screen.queryByTestId("login-dialog")).toBeNull());
    expect(await screen.findByText("It is you in shop.")).toBeInTheDocument();
  });

  it("is given up with its dialog", async () => {
    const { user, calls } = start("my-azure", {}, new Promise(() => undefined));
    await user.click(await screen.findByTestId("login"));
    await screen.findByTestId("login-code");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(calls).toContain("credential.login_cancel"));
    expect(screen.queryByTestId("login-dialog")).toBeNull();
  });

  it("says why nobody got in, and offers another try", async () => {
    const { user } = start("my-azure", { failing: ["login"] });
    await user.click(await screen.findByTestId("login"));
    expect(await screen.findByText(/the person said no/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });

  it("is offered only where a person can log in", async () => {
    start("acme-dev");
    await screen.findByTestId("test");
    expect(screen.queryByTestId("login")).toBeNull();
  });
});
