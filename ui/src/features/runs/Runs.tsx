export function Runs(_props: Record<string, unknown>) { return null; }
