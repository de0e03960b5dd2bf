// Home: the tiles a person starts from, and the way to every other screen.

/** Waits until Home stands, with a tile for this workflow. */
export async function home(window, tile) {
  await window.see('@home');
  if (tile) await window.reads(tile);
}

/** Goes to a screen by the row of icons on the left. */
export async function go(window, screen) {
  await window.click(`@nav-${screen}`);
  await window.see(`@${screen}`);
}
