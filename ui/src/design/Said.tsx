/** What the backend says, with the values that stand in backticks set as code. */
export function Said({ text }: { text: string | undefined | null }) {
  if (!text) return null;
  const parts = text.split("`");
  // An odd number of backticks is no markup.
  if (parts.length % 2 === 0) return <>{text}</>;
  return <>{parts.map((part, at) => (at % 2 === 1 ? <code key={`${at} ${part}`}>{part}</code> : part))}</>;
}
