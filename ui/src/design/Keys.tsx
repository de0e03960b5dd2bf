const apple = typeof navigator !== "undefined" && /mac/i.test(navigator.platform);

/** How a key of a shortcut is written on this platform; `mod` is ⌘ or Ctrl. */
export function keyLabel(key: string): string {
  switch (key) {
    case "mod": return apple ? "⌘" : "Ctrl";
    case "shift": return apple ? "⇧" : "Shift";
    case "alt": return apple ? "⌥" : "Alt";
    case "delete": return apple ? "⌫" : "Del";
    case "enter": return "↵";
    default: return key.length === 1 ? key.toUpperCase() : key;
  }
}

/** A shortcut such as `mod+k`. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="kbd">
      {keys.split("+").map((key) => <kbd key={key}>{keyLabel(key)}</kbd>)}
    </span>
  );
}
