import { Search } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import type { Manifest, Operation, Point } from "../../bridge/types";
import { Mark } from "../../design/Mark";
import { studioWords } from "../../text/studio";

interface Props { manifests: Manifest[]; at: Point; after: { title: string; operation: Operation | undefined } | null; onPick: (operation: Operation) => void; onClose: () => void }

/** Adding a step where one is looking: type, Enter. */
export function QuickAdd({ manifests, at, after, onPick, onClose }: Props) {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const fitting = useQuery("port.fitting", after?.operation ? { from: after.operation.name } : null);
  const [all, setAll] = useState(false);
  const everything = useMemo(() => {
    // Where nothing takes anything of it, all that is left is the order, and that fits every step.
    const known = fitting.data && fitting.data.length > 0 ? new Set<string>(fitting.data) : null;
    const wanted = query.trim().toLowerCase();
    return manifests.flatMap((manifest) => manifest.operations.map((operation) => ({ manifest, operation, fits: !after?.operation || known === null || known.has(operation.name) })))
      .filter(({ manifest, operation }) => !wanted || `${operation.title} ${operation.name} ${manifest.label}`.toLowerCase().includes(wanted))
      .toSorted((a, b) => Number(b.fits) - Number(a.fits));
  }, [manifests, query, after, fitting.data]);
  // After a step only those that take something of it; the others are one press away.
  const items = all ? everything : everything.filter((item) => item.fits);
  const hidden = everything.length - items.length;
  const current = items[Math.min(chosen, items.length - 1)];

  useEffect(() => {
    const onDown = (event: PointerEvent) => { if (!box.current?.contains(event.target as Node)) onClose(); };
    window.addEventListener("pointerdown", onDown, true);
    return () => window.removeEventListener("pointerdown", onDown, true);
  }, [onClose]);

  const width = 320;
  const left = Math.max(8, Math.min(at.x, window.innerWidth - width - 8));
  const top = Math.max(8, Math.min(at.y, window.innerHeight - 380));
  return (
    <div ref={box} className="popover quick-add" style={{ left, top, width }} role="dialog" aria-label={studioWords.quickAdd} data-testid="quick-add">
      <div className="command-search">
        <Search size={16} aria-hidden style={{ top: 12, left: 12 }} />
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- it opens to be typed into */}
        <input autoFocus className="command-input" style={{ height: 40, paddingLeft: 36, fontSize: "var(--t13)" }} role="combobox" aria-expanded aria-controls={id} aria-activedescendant={current ? `${id}-${current.operation.name}` : undefined}
          aria-label={studioWords.quickAdd} placeholder={after ? studioWords.quickAddAfter(after.title) : studioWords.quickAdd} value={query} data-testid="quick-add-input"
          onChange={(event) => { setQuery(event.target.value); setChosen(0); }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setChosen(Math.min(chosen + 1, items.length - 1));
            else if (event.key === "ArrowUp") setChosen(Math.max(0, chosen - 1));
            else if (event.key === "Enter" && current) onPick(current.operation);
            else if (event.key === "Escape") onClose();
            else if (event.key === "Tab" && hidden > 0) setAll(true);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }} />
      </div>
      <div className="command-list scroll" role="listbox" id={id} aria-label={studioWords.quickAdd} style={{ maxHeight: 300 }}>
        {items.length === 0 ? <p className="quiet" style={{ padding: 12 }}>{hidden > 0 ? studioWords.quickAddNoneFits : studioWords.paletteNone(query)}</p> : null}
        {items.map((item, index) => (
          <div key={item.operation.name} role="presentation">
            {after && !query && (index === 0 ? item.fits : items[index - 1]?.fits !== item.fits) ? <div className="menu-heading">{item.fits ? studioWords.quickAddFits : studioWords.quickAddOther}</div> : null}
            <div id={`${id}-${item.operation.name}`} className="command-item" role="option" tabIndex={-1} aria-selected={item === current} data-testid={`quick-${item.operation.name}`}
              ref={(node) => { if (item === current) node?.scrollIntoView?.({ block: "nearest" }); }}
              onPointerMove={() => setChosen(index)} onClick={() => onPick(item.operation)} onKeyDown={() => {}}>
              <Mark manifest={item.manifest} size={24} />
              <span className="grow ellipsis">{item.operation.title}</span>
              <span className="quiet small">{item.manifest.label}</span>
            </div>
          </div>
        ))}
      </div>
      {hidden > 0 ? <div className="quick-more"><Button look="quiet" onPress={() => { setAll(true); box.current?.querySelector("input")?.focus(); }} data-testid="quick-all">{studioWords.quickAddAll(hidden)}</Button></div> : null}
    </div>
  );
}
