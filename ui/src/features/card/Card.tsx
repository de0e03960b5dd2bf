export function Card(_props: Record<string, unknown>) { return null; }
