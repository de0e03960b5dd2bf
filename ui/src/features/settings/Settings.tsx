export function Settings(_props: Record<string, unknown>) { return null; }
