import { expect, test } from "vitest";
import { isPartOf, titledByCalls } from "./calls";

test("steps of a called workflow are named with the calls around them", () => {
  const steps = [
    { id: "shop", title: "Open the shop" },
    { id: "shop.inner", title: "Inner", within: "shop" },
    { id: "shop.inner.page", title: "Page", within: "shop.inner" },
    { id: "after", title: "After" },
  ];
  const titled = titledByCalls(steps);
  expect(titled.map((step) => step.title)).toEqual(["Open the shop", "Open the shop › Inner", "Open the shop › Inner › Page", "After"]);
  expect(titled[3]).toBe(steps[3]);
});

test("a call is chosen with everything inside it, and nothing beside it", () => {
  expect(["shop", "shop.page", "shop.inner.page", "shopping", "after"].filter((id) => isPartOf(id, "shop"))).toEqual(["shop", "shop.page", "shop.inner.page"]);
});
