import { useMemo } from "react";
import type { JsonObject, Schema } from "../bridge/types";
import { withValue } from "../graph/pointer";
import { fieldsOf, problemOf } from "../graph/schema";
import { setAnswers, useAnswers } from "../window/answers";

const none: JsonObject = {};

/** A workflow's questions, the answers so far, and whether they are enough. */
export function useInputs(workflow: string, inputs: Record<string, Schema> | undefined) {
  const answers = useAnswers((state) => state.answers[workflow]) ?? none;
  const schema = useMemo((): Schema => ({
    type: "object", properties: inputs ?? {},
    required: Object.entries(inputs ?? {}).filter(([, property]) => property.default === undefined).map(([name]) => name),
  }), [inputs]);
  const complete = useMemo(() => fieldsOf(schema).every((field) => problemOf(field, answers[field.name]) === null), [schema, answers]);
  return {
    schema, answers, complete, asks: Object.keys(inputs ?? {}).length > 0,
    change: (path: string, value: JsonObject[string] | undefined) => setAnswers(workflow, withValue(answers, path, value) as JsonObject),
  };
}
