import { useEffect, useMemo, useRef, useState } from "react";
import { call } from "../bridge/client";
import type { CheckedInputs, JsonObject, Schema } from "../bridge/types";
import { parts, pointer, withValue } from "../graph/pointer";
import { setAnswers, useAnswers } from "../window/answers";

const none: JsonObject = {};

interface Checked extends CheckedInputs { answers: JsonObject }

/**
 * A workflow's questions, the answers so far, and whether they are enough. Which questions are asked and
 * what is wrong with an answer is for the backend to say; an answer to a question that is not asked by now
 * is kept, and not sent.
 */
export function useInputs(workflow: string, inputs: Record<string, Schema> | undefined) {
  const answers = useAnswers((state) => state.answers[workflow]) ?? none;
  const [checked, setChecked] = useState<Checked | null>(null);
  const newest = useRef(answers);
  newest.current = answers;
  const names = useMemo(() => Object.keys(inputs ?? {}), [inputs]);
  useEffect(() => {
    if (!inputs) return;
    let current = true;
    void check(workflow, answers, names).then((found) => { if (current) setChecked(found); });
    return () => { current = false; };
  }, [workflow, answers, inputs, names]);
  const schema = useMemo((): Schema => {
    const asked = Object.entries(inputs ?? {}).filter(([name]) => checked === null || checked.asked.includes(name));
    return { type: "object", properties: Object.fromEntries(asked), required: asked.filter(([, property]) => property.default === undefined).map(([name]) => name) };
  }, [inputs, checked]);
  const errors = useMemo(() => errorsOf(checked), [checked]);
  return {
    schema, answers, errors, asks: names.length > 0,
    /** What would be sent; `null` until the answers were looked at, or where they are not enough. */
    sent: checked && checked.answers === answers && checked.problems.length === 0 ? JSON.stringify(sendable(checked)) : null,
    /** The answers were looked at once. */
    known: checked !== null,
    complete: checked === null || checked.problems.length === 0,
    /** Looks at the newest answers; gives what is to be sent, or nothing where something is wrong. */
    submit: async (): Promise<string | null> => {
      const found = await check(workflow, newest.current, names);
      setChecked(found);
      return found.problems.length === 0 ? JSON.stringify(sendable(found)) : null;
    },
    change: (path: string, value: JsonObject[string] | undefined) => setAnswers(workflow, withValue(useAnswers.getState().answers[workflow] ?? none, path, value) as JsonObject),
  };
}

async function check(workflow: string, answers: JsonObject, names: string[]): Promise<Checked> {
  try {
    return { ...(await call("inputs.check", { workflow, inputs: answers })), answers };
  } catch {
    // What is wrong with the workflow is told by the preview.
    return { asked: names, problems: [], answers };
  }
}

function sendable({ answers, asked }: Checked): JsonObject {
  return Object.fromEntries(Object.entries(answers).filter(([name]) => asked.includes(name)));
}

/** By field; what is wrong inside a list or a table is said at all of it. */
function errorsOf(checked: Checked | null): ReadonlyMap<string, string> {
  const errors = new Map<string, string>();
  for (const problem of checked?.problems ?? []) {
    const way = parts(problem.field);
    for (let length = way.length; length > 0; length -= 1) {
      const field = pointer(...way.slice(0, length));
      if (!errors.has(field)) errors.set(field, problem.message);
    }
  }
  return errors;
}
