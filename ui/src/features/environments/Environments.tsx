export function Environments(_props: Record<string, unknown>) { return null; }
