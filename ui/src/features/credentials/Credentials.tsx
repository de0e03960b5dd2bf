export function Credentials(_props: Record<string, unknown>) { return null; }
