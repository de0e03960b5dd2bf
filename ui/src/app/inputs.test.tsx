import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { setHost } from "../bridge/client";
import { fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import type { Json } from "../bridge/types";
import { useAnswers } from "../window/answers";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

const slow = { timeout: 30_000 };

function start() {
  const host = fakeHost({ pace: 5 });
  const sent: Json[] = [];
  setHost({
    ...host,
    call: (name, request) => {
      if (name === "preview.make") sent.push((request as { inputs: Json }).inputs);
      return host.call(name, request);
    },
  });
  forget();
  followEvents();
  useAnswers.setState({ answers: {} });
  usePreferences.setState({ environment: null });
  go({ screen: "card", workflow: "open-branch" });
  render(<App />);
  return { sent, user: userEvent.setup() };
}

beforeEach(() => go({ screen: "home" }));

describe("a question that depends on another", () => {
  it("comes and goes with it, keeps what was typed, and is not sent while it is gone", async () => {
    const { sent, user } = start();
    await user.type(await screen.findByTestId("field-branch", {}, slow), "west");
    await waitFor(() => expect(screen.queryByTestId("field-sign")).toBeNull(), slow);
    await user.click(screen.getByRole("radio", { name: "Large" }));
    await user.type(await screen.findByTestId("field-sign", {}, slow), "Bread");
    await user.click(screen.getByRole("radio", { name: "Small" }));
    await waitFor(() => expect(screen.queryByTestId("field-sign")).toBeNull(), slow);
    await user.click(screen.getByTestId("card-next"));
    await screen.findByTestId("postcard", {}, slow);
    expect(sent).toEqual([{ branch: "west", size: "small" }]);

    await user.click(screen.getByRole("button", { name: "Change the answers" }));
    await user.click(await screen.findByRole("radio", { name: "Large" }, slow));
    expect(await screen.findByTestId("field-sign", {}, slow)).toHaveValue("Bread");
    await user.click(screen.getByTestId("card-next"));
    await waitFor(() => expect(sent.at(-1)).toEqual({ branch: "west", size: "large", sign: "Bread" }), slow);
  }, 120_000);

  it("is needed only while it is asked, and says so at its field", async () => {
    const { sent, user } = start();
    await user.type(await screen.findByTestId("field-branch", {}, slow), "west");
    await user.click(screen.getByRole("radio", { name: "Large" }));
    await screen.findByTestId("field-sign", {}, slow);
    await user.click(screen.getByTestId("card-next"));
    await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent("Words on the sign is needed."), slow);
    expect(screen.getByTestId("field-sign")).toBeInvalid();
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("radio", { name: "Small" }));
    await waitFor(() => expect(screen.getByTestId("card-next")).toBeEnabled(), slow);
    await user.click(screen.getByTestId("card-next"));
    await waitFor(() => expect(sent).toEqual([{ branch: "west", size: "small" }]), slow);
  }, 120_000);
});
