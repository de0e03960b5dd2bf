import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Field } from "./fields";

it("help and errors of a field are words with code in them, and never HTML", () => {
  const { rerender } = render(<Field label="Folder" id="folder" help="A folder with `.tf` files, <b>no</b> file."><input id="folder" /></Field>);
  expect(screen.getByText(".tf").tagName).toBe("CODE");
  expect(screen.getByText(/<b>no<\/b> file/)).toBeInTheDocument();
  rerender(<Field label="Folder" id="folder" error="`a.tf` is a file."><input id="folder" /></Field>);
  expect(screen.getByRole("alert")).toHaveTextContent("a.tf is a file.");
  expect(screen.getByRole("alert").querySelector("code")).toHaveTextContent("a.tf");
});
