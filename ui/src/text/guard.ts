/** Who a credential is, and when runs may begin. */
export const guardWords = {
  standing: { proven: "proven", another: "another one", unproven: "not proven", simulated: "simulated" },
  expected: (facts: { what: string; value: string }[]) => {
    const words = [...new Set(facts.map((fact) => fact.what))];
    return words.map((what) => `${what} ${facts.filter((fact) => fact.what === what).map((fact) => fact.value).join(" or ")}`).join(", ");
  },
  provenHelp: (expected: string) => `As the environment expects: ${expected}.`,
  expects: (expected: string) => `The environment expects ${expected}.`,
  simulatedHelp: (expected: string) => `A simulator takes anybody. Outside practice it must be: ${expected}.`,
  strangers: (count: number) => (count === 1 ? "A login is not the one that is expected here, so nothing can be deployed." : `${count} logins are not those that are expected here, so nothing can be deployed.`),
  mustBe: (expected: string) => `must be ${expected}`,
  closedNow: "closed now", openNow: "open now",
  closedTitle: (name: string) => `It is no time to change ${name}.`,
  askNow: "You can ask for approval now. Whoever says yes waits until it is open, or gives a reason.",
  noOverride: "This environment takes no exception.",
  reason: "Why it cannot wait", reasonHelp: "The run begins all the same. Your reason stands in its record.",
  outside: "Outside its window",
  windows: (all: string[]) => `Runs begin ${all.join("; ")}.`,
  freeze: (one: string) => `No run begins ${one.replace(/\.$/, "")}.`,
  clock: (zone: string) => `Clock of ${zone}.`,
  mayOverride: "In an emergency with a reason.",
};
