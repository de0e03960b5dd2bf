export function PreviewScreen(_props: Record<string, unknown>) { return null; }
