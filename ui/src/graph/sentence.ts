import type { Json } from "../bridge/types";

/** How a clause compares. The first group takes a value, the second takes none. */
export type Operator = "is" | "isNot" | "more" | "less" | "atLeast" | "atMost" | "contains" | "containsNot" | "startsWith" | "endsWith" | "oneOf" | "empty" | "notEmpty" | "yes" | "no";

export interface Clause {
  /** Such as `inputs.size`. */
  path: string;
  operator: Operator;
  value: Json;
  /** As it is written; kept while the clause is not changed. */
  source: string | null;
}

export interface Sentence { join: "and" | "or"; clauses: Clause[] }

const compare: [Operator, string][] = [["is", "=="], ["isNot", "!="], ["atLeast", ">="], ["atMost", "<="], ["more", ">"], ["less", "<"]];
const methods: [Operator, string][] = [["contains", "contains"], ["startsWith", "startsWith"], ["endsWith", "endsWith"]];
export const takesValue = (operator: Operator) => !["empty", "notEmpty", "yes", "no"].includes(operator);

const path = String.raw`(?:inputs|environment|steps|each|run)(?:\.[A-Za-z_]\w*)+|each`;
const wholePath = new RegExp(`^(?:${path})$`);
export const isPath = (text: string) => wholePath.test(text);

/**
 * A condition as a sentence, where it is one: clauses joined by all `&&` or all `||`. `null` where it says
 * more than a sentence can; then it stays an expression, untouched.
 */
export function readSentence(text: string): Sentence | null {
  const split = splitAtTop(text);
  if (!split) return null;
  const clauses = split.parts.map(readClause);
  if (clauses.some((clause) => clause === null)) return null;
  return { join: split.join, clauses: clauses as Clause[] };
}

/** The condition of a sentence. What nobody changed stands as it was written. */
export function writeSentence(sentence: Sentence): string {
  return sentence.clauses.map((clause) => clause.source ?? writeClause(clause)).join(sentence.join === "and" ? " && " : " || ");
}

export function writeClause({ path: on, operator, value }: Clause): string {
  const sign = compare.find(([name]) => name === operator)?.[1];
  if (sign) return `${on} ${sign} ${literal(value)}`;
  const method = methods.find(([name]) => name === operator)?.[1];
  if (method) return `${on}.${method}(${literal(value)})`;
  switch (operator) {
    case "containsNot": return `!${on}.contains(${literal(value)})`;
    case "oneOf": return `${on} in [${(Array.isArray(value) ? value : [value]).map(literal).join(", ")}]`;
    case "empty": return `size(${on}) == 0`;
    case "notEmpty": return `size(${on}) > 0`;
    case "no": return `!${on}`;
    default: return on;
  }
}

/** A value as CEL writes it. */
export function literal(value: Json): string {
  if (typeof value === "string") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`).replaceAll("\n", String.raw`\n`).replaceAll("\r", String.raw`\r`).replaceAll("\t", String.raw`\t`)}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return value === null ? "null" : JSON.stringify(value);
}

function readClause(text: string): Clause | null {
  const source = text.trim();
  const make = (on: string | undefined, operator: Operator, value: Json = null): Clause | null => (on ? { path: on, operator, value, source } : null);
  if (isPath(source)) return make(source, "yes");
  const not = new RegExp(`^!\\s*(${path})$`).exec(source);
  if (not) return make(not[1], "no");
  const size = new RegExp(`^size\\(\\s*(${path})\\s*\\)\\s*(==|>|!=)\\s*0$`).exec(source);
  if (size) return make(size[1], size[2] === "==" ? "empty" : "notEmpty");
  const method = new RegExp(`^(!?)\\s*(${path})\\.(contains|startsWith|endsWith)\\((.*)\\)$`, "s").exec(source) ?? methodOf(source);
  if (method) {
    const value = readLiteral(method[4] ?? "");
    const operator = methods.find(([, name]) => name === method[3])?.[0];
    if (typeof value !== "string" || !operator) return null;
    if (method[1] === "!") return operator === "contains" ? make(method[2], "containsNot", value) : null;
    return make(method[2], operator, value);
  }
  const among = new RegExp(`^(${path})\\s+in\\s+(\\[.*\\])$`, "s").exec(source);
  if (among) {
    const list = readLiteral(among[2] ?? "");
    return Array.isArray(list) ? make(among[1], "oneOf", list) : null;
  }
  for (const [operator, sign] of compare) {
    const found = new RegExp(`^(${path})\\s*${sign.replace(/[<>=!]/g, String.raw`\$&`)}\\s*([^=].*)$`, "s").exec(source);
    if (!found) continue;
    const value = readLiteral(found[2] ?? "");
    if (value !== undefined && !Array.isArray(value)) return make(found[1], operator, value);
  }
  return null;
}

/** A path swallows the method's name as one more part; this gives it back. */
function methodOf(source: string): (string | undefined)[] | null {
  const found = /^(!?)\s*([\w.]+)\.(contains|startsWith|endsWith)\((.*)\)$/s.exec(source);
  return found && isPath(found[2] ?? "") ? [...found] : null;
}

/** One literal and nothing after it; `undefined` where it is none. */
export function readLiteral(text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "true") return true;
  if (trimmed === "false") return false;
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed.startsWith("[") && trimmed.endsWith("]")) {
    const inner = trimmed.slice(1, -1);
    if (inner.trim() === "") return [];
    const parts = splitBy(inner, ",");
    const values = parts?.map(readLiteral);
    return values && values.every((value) => value !== undefined && !Array.isArray(value)) ? (values as Json[]) : undefined;
  }
  const quote = trimmed[0];
  if ((quote !== "'" && quote !== '"') || trimmed.length < 2 || !trimmed.endsWith(quote)) return undefined;
  let value = "";
  for (let at = 1; at < trimmed.length - 1; at += 1) {
    const letter = trimmed[at] ?? "";
    if (letter === quote) return undefined;
    if (letter !== "\\") { value += letter; continue; }
    at += 1;
    const escaped = ({ n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' } as Record<string, string>)[trimmed[at] ?? ""];
    if (escaped === undefined || at >= trimmed.length - 1) return undefined;
    value += escaped;
  }
  return value;
}

function splitAtTop(text: string): { join: Sentence["join"]; parts: string[] } | null {
  const and = splitBy(text, "&&");
  const or = splitBy(text, "||");
  if (!and || !or) return null;
  if (and.length > 1 && or.length > 1) return null;
  return or.length > 1 ? { join: "or", parts: or } : { join: "and", parts: and };
}

/** Parts between a sign that stands outside of texts and brackets; `null` where these do not close. */
function splitBy(text: string, sign: string): string[] | null {
  const parts: string[] = [];
  let quote = "";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (quote) {
      if (letter === "\\") at += 1;
      else if (letter === quote) quote = "";
    } else if (letter === "'" || letter === '"') quote = letter;
    else if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
    else if (depth === 0 && text.startsWith(sign, at)) {
      parts.push(text.slice(from, at));
      from = at + sign.length;
      at = from - 1;
    }
    if (depth < 0) return null;
  }
  return quote || depth !== 0 ? null : [...parts, text.slice(from)];
}
