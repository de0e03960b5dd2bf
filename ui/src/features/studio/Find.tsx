import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import type { Manifest, WorkflowDocument } from "../../bridge/types";
import { Mark } from "../../design/Mark";
import { studioWords } from "../../text/studio";

/** Choosing a step by anything that is in it. */
export function Find({ document, manifests, title, except, onPick, onClose }: { document: WorkflowDocument; manifests: Manifest[] | undefined; title: string; except?: string | undefined; onPick: (id: string) => void; onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const hay = useMemo(() => Object.entries(document.steps).filter(([id]) => id !== except).map(([id, step]) => ({ id, step, text: `${id} ${step.title ?? ""} ${step.uses} ${JSON.stringify(step.with)} ${step.if ?? ""} ${step.note ?? ""}`.toLowerCase() })), [document, except]);
  const found = useMemo(() => hay.filter((entry) => entry.text.includes(query.trim().toLowerCase())).slice(0, 200), [hay, query]);
  const chosen = found[Math.min(at, found.length - 1)];
  const pick = (id: string) => { onClose(); onPick(id); };
  return (
    <ModalOverlay className="scrim" isOpen onOpenChange={(open) => { if (!open) onClose(); }} isDismissable>
      <Modal style={{ display: "contents" }}>
        <Dialog className="dialog command" aria-label={title}>
          <div className="command-search">
            <Search size={16} aria-hidden />
            {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- it opens to be typed into */}
            <input autoFocus className="command-input" placeholder={studioWords.findPlaceholder} aria-label={title} value={query} data-testid="find-input" onChange={(event) => { setQuery(event.target.value); setAt(0); }}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
                else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
                else if (event.key === "Enter" && chosen) pick(chosen.id);
                else return;
                event.preventDefault();
              }} />
          </div>
          <div className="command-list scroll" role="listbox" aria-label={title}>
            {found.length === 0 ? <p className="muted" style={{ padding: 16 }}>{studioWords.findNone}</p> : null}
            {found.map((entry, index) => (
              <div key={entry.id} className="command-item" role="option" tabIndex={-1} aria-selected={entry === chosen} onPointerMove={() => setAt(index)} onClick={() => pick(entry.id)} onKeyDown={() => {}}
                ref={(node) => { if (entry === chosen) node?.scrollIntoView?.({ block: "nearest" }); }}>
                <Mark manifest={manifests?.find((m) => m.id === entry.step.uses.split("/")[0])} size={24} />
                <span className="grow ellipsis">{entry.step.title || entry.id}</span>
                <span className="quiet small ellipsis">{entry.step.uses}</span>
              </div>
            ))}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
