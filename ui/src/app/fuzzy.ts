/** How well a query fits a text: 0 is not at all; starts of words and runs of letters count more. */
export function fuzzy(query: string, text: string): number {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const inside = text.toLowerCase();
  const whole = inside.indexOf(query.trim().toLowerCase());
  if (whole >= 0) return 1000 - whole * 2 - inside.length * 0.1 + (whole === 0 || inside[whole - 1] === " " ? 200 : 0);
  let score = 0;
  let from = 0;
  let row = 0;
  for (const letter of wanted) {
    const at = inside.indexOf(letter, from);
    if (at < 0) return 0;
    row = at === from ? row + 1 : 0;
    score += 1 + row * 2 + (at === 0 || /[\s/_-]/.test(inside[at - 1] ?? "") ? 8 : 0);
    from = at + 1;
  }
  return score;
}
