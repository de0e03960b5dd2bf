import { PanelLeftClose, Search } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import type { Manifest, Operation } from "../../bridge/types";
import { IconButton } from "../../design/Button";
import { Fold } from "../../design/fields";
import { Skeleton } from "../../design/feedback";
import { Mark } from "../../design/Mark";
import { studioWords } from "../../text/studio";
import type { PaletteDrag } from "./usePaletteDrag";

interface Props { manifests: Manifest[] | undefined; onAdd: (operation: Operation) => void; drag: PaletteDrag; onFold: () => void }

/** Every operation of every system, to drag onto the canvas. */
export function StepPalette({ manifests, onAdd, drag, onFold }: Props) {
  const [query, setQuery] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const wanted = query.trim().toLowerCase();
  const groups = useMemo(() => (manifests ?? []).map((manifest) => ({
    manifest,
    operations: manifest.operations.filter((op) => !wanted || `${op.title} ${op.name} ${op.summary} ${manifest.label}`.toLowerCase().includes(wanted)),
  })).filter((group) => group.operations.length > 0), [manifests, wanted]);

  const move = (event: React.KeyboardEvent, step: number) => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>(".palette-item") ?? [])];
    const here = items.indexOf(document.activeElement as HTMLElement);
    items[Math.max(0, Math.min(items.length - 1, here + step))]?.focus();
    event.preventDefault();
  };

  return (
    <section className="studio-palette" aria-label={studioWords.palette}>
      <div className="panel-head">
        <div className="input-wrap grow">
          <Search size={14} aria-hidden />
          <input
            className="input" type="search" value={query} placeholder={studioWords.paletteSearch} aria-label={studioWords.paletteSearch} data-testid="palette-search"
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              const first = groups[0]?.operations[0];
              if (event.key === "Enter" && first) onAdd(first);
              if (event.key === "ArrowDown") move(event, 1);
            }}
          />
        </div>
        <IconButton label={studioWords.fold} onPress={onFold}><PanelLeftClose size={16} /></IconButton>
      </div>
      {/* Arrow keys walk the list; each item is a button of its own. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="palette-list scroll" ref={list} onKeyDown={(event) => { if (event.key === "ArrowDown") move(event, 1); if (event.key === "ArrowUp") move(event, -1); }}>
        {manifests ? null : <div className="stack" style={{ padding: 8 }}>{[0, 1, 2, 3].map((n) => <Skeleton key={n} height={28} />)}</div>}
        {groups.map(({ manifest, operations }) => (
          <Fold key={`${manifest.id} ${wanted ? "found" : ""}`} open title={<span className="ellipsis" style={{ display: "block" }} title={manifest.summary}>{manifest.label}</span>} aside={<span className="quiet small">{operations.length > 1 ? operations.length : ""}</span>}>
            {operations.map((operation) => (
              <button
                key={operation.name} type="button" className="palette-item" title={operation.summary} data-testid={`palette-item-${operation.name}`}
                onPointerDown={(event) => drag.start(event, manifest, operation)} onPointerMove={drag.move} onPointerUp={drag.end} onPointerCancel={drag.cancel}
                onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); onAdd(operation); } }}
                onDoubleClick={() => onAdd(operation)}
              >
                <Mark manifest={manifest} size={24} />
                <span className="ellipsis">{operation.title}</span>
              </button>
            ))}
          </Fold>
        ))}
        {manifests && groups.length === 0 ? <p className="quiet" style={{ padding: 12 }}>{studioWords.paletteNone(query)}</p> : null}
      </div>
      <p className="palette-hint quiet small">{studioWords.paletteHint}</p>
    </section>
  );
}
