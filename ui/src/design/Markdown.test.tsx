import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { blocks, Markdown } from "./Markdown";

describe("Markdown", () => {
  it("knows headings, lists, quotes, code and what goes on", () => {
    expect(blocks("# Why\nfirst\nsecond\n\n- a\n- b\n  more\n1. x\n> said\n```\n# no heading\n```\n---").map((block) => `${block.kind}:${block.lines.join("|")}`))
      .toEqual(["h1:Why", "p:first|second", "ul:a|b more", "ol:x", "quote:said", "code:# no heading", "line:"]);
  });

  it("shows marks as what they mean", () => {
    render(<Markdown text="**Bold** and *soft* and `code` and ~~gone~~" />);
    expect(screen.getByText("Bold").tagName).toBe("STRONG");
    expect(screen.getByText("soft").tagName).toBe("EM");
    expect(screen.getByText("code").tagName).toBe("CODE");
    expect(screen.getByText("gone").tagName).toBe("S");
  });

  it("never makes HTML of a text, and opens nothing but web addresses", async () => {
    const opened = vi.fn();
    const evil = '<img src=x onerror="alert(1)"> [a](javascript:alert(1)) [b](data:text/html,x) [good](https://example.com/x)';
    const { container } = render(<Markdown text={evil} onLink={opened} />);
    expect(container.querySelector("img, script, a, [href], [src]")).toBeNull();
    expect(container).toHaveTextContent('<img src=x onerror="alert(1)">');
    expect(screen.getAllByRole("button")).toHaveLength(1);
    await userEvent.click(screen.getByRole("button", { name: "good" }));
    expect(opened).toHaveBeenCalledWith("https://example.com/x");
  });

  it("takes long and odd texts without ending", () => {
    render(<Markdown text={`${"*".repeat(3000)}\n${"`x` ".repeat(2000)}\n${"[".repeat(500)}`} />);
  });
});
