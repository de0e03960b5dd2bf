import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Logo } from "./Logo";

it("the sign in the rail is the drawing that the icons are made from", () => {
  render(<Logo />);
  expect(screen.getByRole("img", { name: "Podium" }).getAttribute("src")).toMatch(/icons\/podium\.svg/);
});
