export function RunScreen(_props: Record<string, unknown>) { return null; }
