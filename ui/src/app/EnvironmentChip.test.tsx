import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { setHost } from "../bridge/client";
import { fakeHost } from "../bridge/fake/host-fake";
import { forget } from "../bridge/queries";
import { usePreferences } from "../window/preferences";
import { EnvironmentChip } from "./EnvironmentChip";

beforeEach(() => {
  setHost(fakeHost());
  forget();
  usePreferences.setState({ environment: null });
});

it("an environment is chosen with the pointer", async () => {
  const user = userEvent.setup();
  render(<EnvironmentChip />);
  await user.click(await screen.findByTestId("environment"));
  await user.click(await screen.findByTestId("environment-staging"));
  await waitFor(() => expect(screen.getByTestId("environment")).toHaveTextContent("Staging"));
  expect(screen.queryByRole("menu")).toBeNull();
  expect(screen.getByTestId("environment")).toHaveAttribute("aria-expanded", "false");
});

it("and by keyboard, and the keyboard is back at the chip", async () => {
  const user = userEvent.setup();
  render(<EnvironmentChip />);
  await screen.findByTestId("environment");
  await user.tab();
  await user.keyboard("{ArrowDown}");
  await waitFor(() => expect(screen.getByTestId("environment-play")).toHaveFocus());
  await user.keyboard("{ArrowDown}{ArrowDown}{Enter}");
  await waitFor(() => expect(screen.getByTestId("environment")).toHaveTextContent("Production"));
  await waitFor(() => expect(screen.getByTestId("environment")).toHaveFocus());
  await user.keyboard("{Enter}");
  await screen.findByRole("menu");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(screen.getByTestId("environment")).toHaveTextContent("Production");
});
