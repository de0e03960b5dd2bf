import { fieldsOf, problemOf } from "../../graph/schema";
import type { CheckedInputs, JsonObject, Schema } from "../types";

/** What is asked for. Of conditions this knows `inputs.name == 'value'` alone; the real host reads CEL. */
export function checkedInputs(inputs: Record<string, Schema>, answers: JsonObject): CheckedInputs {
  const held = (when: Schema["when"]): boolean => {
    const found = /^inputs\.(\w+) == '([^']*)'$/.exec(String(when));
    const name = found?.[1] ?? "";
    return found ? (answers[name] ?? inputs[name]?.default) === found[2] : when !== false;
  };
  const asked = Object.keys(inputs).filter((name) => inputs[name]?.when === undefined || held(inputs[name].when));
  const schema: Schema = { type: "object", properties: Object.fromEntries(asked.map((name) => [name, inputs[name] ?? {}])), required: asked };
  const problems = fieldsOf(schema).flatMap((field) => {
    const message = problemOf(field, answers[field.name]);
    const missing = answers[field.name] === undefined;
    return message ? [{ field: field.path, code: missing ? "POD0128" : "POD0129", missing, message }] : [];
  });
  return { asked, problems };
}
