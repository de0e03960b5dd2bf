import { Fragment, type ReactNode } from "react";

/**
 * A small, safe part of Markdown: headings, lists, quotes, code, bold, italic, struck, links. The text
 * becomes elements one by one; it never becomes HTML, so there is nothing to escape.
 */
export function Markdown({ text, onLink }: { text: string; onLink?: ((url: string) => void) | undefined }) {
  return <div className="markdown">{blocks(text).map((block, at) => <Block key={`${at} ${block.kind}`} block={block} onLink={onLink} />)}</div>;
}

type Kind = "h1" | "h2" | "h3" | "p" | "ul" | "ol" | "quote" | "code" | "line";
interface BlockShape { kind: Kind; lines: string[] }

/** A text as blocks. A line that begins nothing goes on with the block before it. */
export function blocks(text: string): BlockShape[] {
  const found: BlockShape[] = [];
  let open: BlockShape | null = null;
  const begin = (kind: Kind, line: string) => { open = { kind, lines: [line] }; found.push(open); };
  let fenced = false;
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    const here = open as BlockShape | null;
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
      open = null;
      if (fenced) { open = { kind: "code", lines: [] }; found.push(open); }
      continue;
    }
    if (fenced) { here?.lines.push(line); continue; }
    const heading = /^(#{1,3})\s+(.*)$/.exec(line);
    const bullet = /^\s*[-*]\s+(.*)$/.exec(line);
    const number = /^\s*\d+[.)]\s+(.*)$/.exec(line);
    const quote = /^>\s?(.*)$/.exec(line);
    if (line.trim() === "") open = null;
    else if (/^\s*(-{3,}|\*{3,})\s*$/.test(line)) { begin("line", ""); open = null; }
    else if (heading) { begin(`h${heading[1]?.length ?? 1}` as Kind, heading[2] ?? ""); open = null; }
    else if (bullet) { if (here?.kind === "ul") here.lines.push(bullet[1] ?? ""); else begin("ul", bullet[1] ?? ""); }
    else if (number) { if (here?.kind === "ol") here.lines.push(number[1] ?? ""); else begin("ol", number[1] ?? ""); }
    else if (quote) { if (here?.kind === "quote") here.lines.push(quote[1] ?? ""); else begin("quote", quote[1] ?? ""); }
    else if (here && here.kind === "p") here.lines.push(line);
    else if (here && (here.kind === "ul" || here.kind === "ol")) here.lines[here.lines.length - 1] += ` ${line.trim()}`;
    else begin("p", line);
  }
  return found;
}

function Block({ block, onLink }: { block: BlockShape; onLink: ((url: string) => void) | undefined }): ReactNode {
  const lines = (items: string[]) => items.map((line, at) => <Fragment key={`${at} ${line}`}>{at > 0 ? <br /> : null}{inline(line, onLink)}</Fragment>);
  switch (block.kind) {
    case "h1": case "h2": case "h3": return <p data-heading={block.kind}>{lines(block.lines)}</p>;
    case "ul": return <ul>{block.lines.map((line, at) => <li key={`${at} ${line}`}>{inline(line, onLink)}</li>)}</ul>;
    case "ol": return <ol>{block.lines.map((line, at) => <li key={`${at} ${line}`}>{inline(line, onLink)}</li>)}</ol>;
    case "quote": return <blockquote>{lines(block.lines)}</blockquote>;
    case "code": return <pre>{block.lines.join("\n")}</pre>;
    case "line": return <hr />;
    default: return <p>{lines(block.lines)}</p>;
  }
}

const marks = /(`[^`]+`)|(\*\*[^*]+\*\*)|(~~[^~]+~~)|(\*[^*\s][^*]*\*)|(_[^_\s][^_]*_)|\[([^\]]+)\]\(([^)\s]+)\)/;

/** Only addresses that a browser opens; anything else stays the text that it is. */
const isWeb = (url: string) => /^https?:\/\/[^\s]+$/i.test(url);

function inline(text: string, onLink: ((url: string) => void) | undefined): ReactNode[] {
  const out: ReactNode[] = [];
  let rest = text;
  for (let n = 0; rest !== "" && n < 500; n += 1) {
    const found = marks.exec(rest);
    if (!found) break;
    if (found.index > 0) out.push(rest.slice(0, found.index));
    const [whole, code, bold, struck, star, under, label, url] = found;
    if (code) out.push(<code key={n}>{code.slice(1, -1)}</code>);
    else if (bold) out.push(<strong key={n}>{inline(bold.slice(2, -2), onLink)}</strong>);
    else if (struck) out.push(<s key={n}>{inline(struck.slice(2, -2), onLink)}</s>);
    else if (star || under) out.push(<em key={n}>{inline(whole.slice(1, -1), onLink)}</em>);
    else if (label && url && isWeb(url)) out.push(onLink ? <button key={n} type="button" className="btn link nodrag" title={url} onClick={() => onLink(url)}>{label}</button> : <span key={n} title={url}>{label}</span>);
    else out.push(whole);
    rest = rest.slice(found.index + whole.length);
  }
  out.push(rest);
  return out;
}
