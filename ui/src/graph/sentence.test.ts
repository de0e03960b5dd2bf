import { describe, expect, it } from "vitest";
import type { Json } from "../bridge/types";
import { type Clause, type Operator, readLiteral, readSentence, type Sentence, takesValue, writeClause, writeSentence } from "./sentence";
import examples from "./sentences.json";

const clauses = (text: string) => readSentence(text)?.clauses.map(({ path, operator, value }) => [path, operator, value]);

describe("a condition is read as a sentence", () => {
  it.each<[string, [string, Operator, Json][]]>([
    ["inputs.size == 'large'", [["inputs.size", "is", "large"]]],
    ['inputs.size != "large"', [["inputs.size", "isNot", "large"]]],
    ["inputs.count >= 3 && inputs.ready", [["inputs.count", "atLeast", 3], ["inputs.ready", "yes", null]]],
    ["!inputs.ready || inputs.count<2.5", [["inputs.ready", "no", null], ["inputs.count", "less", 2.5]]],
    ["environment.name in ['play', 'staging']", [["environment.name", "oneOf", ["play", "staging"]]]],
    ["steps.net.outputs.url.startsWith('https://')", [["steps.net.outputs.url", "startsWith", "https://"]]],
    ["!inputs.branch.contains('test')", [["inputs.branch", "containsNot", "test"]]],
    ["size(steps.net.outputs.hosts) > 0", [["steps.net.outputs.hosts", "notEmpty", null]]],
    ["inputs.words == 'a && b || c'", [["inputs.words", "is", "a && b || c"]]],
    [String.raw`inputs.words == 'it\'s'`, [["inputs.words", "is", "it's"]]],
    ["inputs.stadt == 'Köln 日本'", [["inputs.stadt", "is", "Köln 日本"]]],
    ["steps.net.status == 'succeeded'", [["steps.net.status", "is", "succeeded"]]],
    ["inputs.ready == true", [["inputs.ready", "is", true]]],
  ])("%s", (text, expected) => expect(clauses(text)).toEqual(expected));

  it.each([
    "a && b || c", "inputs.a == 'x' && inputs.b == 'y' || inputs.c", "(inputs.a) && inputs.b", "inputs.a == inputs.b", "inputs.list.map(x, x)[0] == 1", "inputs.a ? inputs.b : inputs.c",
    "size(inputs.a) == 3", "inputs.a + 1 > 2", "'x' == inputs.a", "inputs.a == 'open", "inputs", "other.name", "", "inputs.a.matches('^x$')", "inputs.a in inputs.b", "!(inputs.a == 'b')", "inputs.a == [1]",
  ])("%s says more and stays an expression", (text) => expect(readSentence(text)).toBeNull());
});

describe("a sentence is written", () => {
  it("as it stood, where nobody changed it, to the quotes and spaces inside a clause", () => {
    for (const text of ['inputs.size == "large"', "inputs.count>=3 && !inputs.ready", "size( inputs.a )==0 || inputs.b"]) expect(writeSentence(readSentence(text) as Sentence)).toBe(text);
  });

  it("so that reading it again gives the same, whatever the value", () => {
    const values: Json[] = ["", "large", "it's", 'say "hi"', "a\\b", "line\nbreak\ttab", "&& || [ ] ( )", "Köln 日本 🚀", 0, -3, 2.5, true, false];
    const operators: Operator[] = ["is", "isNot", "more", "less", "atLeast", "atMost", "contains", "containsNot", "startsWith", "endsWith", "oneOf", "empty", "notEmpty", "yes", "no"];
    for (const operator of operators) {
      for (const value of takesValue(operator) ? values : [null]) {
        if (["contains", "containsNot", "startsWith", "endsWith"].includes(operator) && typeof value !== "string") continue;
        const clause: Clause = { path: "inputs.size", operator, value: operator === "oneOf" ? [value, value] : value, source: null };
        const again = readSentence(writeClause(clause));
        expect(again?.clauses).toMatchObject([{ path: clause.path, operator, value: clause.value }]);
      }
    }
  });

  // The same file is read by a test of the host: each is an expression that the engine works out.
  it("as the host reads it", () => {
    for (const { clause, text } of examples) expect(writeClause({ ...(clause as Omit<Clause, "source">), source: null })).toBe(text);
  });
});

it("a literal is nothing but a literal", () => {
  for (const text of ["'a' + 'b'", "1 + 1", "'a", "a'", "''' '''", "[1, [2]]", "[1,", "01", "1e5", "null"]) expect(readLiteral(text)).toBeUndefined();
});
