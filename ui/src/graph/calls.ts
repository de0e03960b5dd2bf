/** A step that may stand inside a call of another workflow. */
interface Called { id: string; title: string; within?: string }

/** Steps with the titles of the calls around them: `Open the branch › Network`. Others stay the same objects. */
export function titledByCalls<S extends Called>(steps: readonly S[]): S[] {
  const titles = new Map<string, string>();
  // A call stands before its steps.
  return steps.map((step) => {
    const around = step.within === undefined ? undefined : titles.get(step.within);
    const title = around === undefined ? step.title : `${around} › ${step.title}`;
    titles.set(step.id, title);
    return around === undefined ? step : { ...step, title };
  });
}

/** Whether a step is this one, or stands inside the call that this one makes. */
export function isPartOf(step: string, call: string): boolean {
  return step === call || step.startsWith(`${call}.`);
}
