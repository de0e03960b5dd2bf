export function Studio(_props: Record<string, unknown>) { return null; }
