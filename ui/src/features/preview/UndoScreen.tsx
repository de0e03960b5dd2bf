export function UndoScreen(_props: Record<string, unknown>) { return null; }
