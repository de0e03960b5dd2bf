import { CircleCheck, ListTree, PanelRight, Redo2, Search, TriangleAlert, Undo2 } from "lucide-react";
import type { WorkflowDocument } from "../../bridge/types";
import type { EdgeView } from "../../graph/view";
import { Button, IconButton } from "../../design/Button";
import { MeaningIcon, severityMeaning } from "../../design/meaning";
import { outline } from "../../graph/outline";
import { Said } from "../../design/Said";
import { studioWords } from "../../text/studio";
import type { OpenDocument } from "./useDocument";

export type Drawer = "problems" | "outline" | null;

interface Props {
  open: OpenDocument; drawer: Drawer; onDrawer: (drawer: Drawer) => void; textOpen: boolean; onText: () => void; onFind: () => void;
  onPreview: () => void; canPreview: boolean;
}

/** Problems, text, outline; and the one primary button. */
export function BottomBar({ open, drawer, onDrawer, textOpen, onText, onFind, onPreview, canPreview }: Props) {
  const diagnostics = open.view?.diagnostics ?? [];
  const errors = diagnostics.filter((d) => d.severity === "error").length;
  const worst = errors > 0 ? "bad" : diagnostics.some((d) => d.severity === "warning") ? "wait" : undefined;
  return (
    <footer className="studio-bar">
      <div className="row" style={{ gap: 2 }}>
        <IconButton label={studioWords.undo(open.view?.undo ?? null)} keys="mod+z" placement="top" isDisabled={!open.view?.undo && !open.busy} onPress={open.undo} data-testid="edit-undo"><Undo2 size={16} /></IconButton>
        <IconButton label={studioWords.redo(open.view?.redo ?? null)} keys="mod+shift+z" placement="top" isDisabled={!open.view?.redo && !open.busy} onPress={open.redo} data-testid="edit-redo"><Redo2 size={16} /></IconButton>
        <span className="bar-line" />
        <Button look="quiet" on={drawer === "problems"} onPress={() => onDrawer(drawer === "problems" ? null : "problems")} data-testid="problems">
          {diagnostics.length === 0 ? <CircleCheck size={15} aria-hidden style={{ color: "var(--ok)" }} /> : <TriangleAlert size={15} aria-hidden style={{ color: worst === "bad" ? "var(--bad)" : "var(--wait)" }} />}
          {studioWords.problems(diagnostics.length)}
        </Button>
        <Button look="quiet" on={textOpen} onPress={onText} data-testid="show-text"><PanelRight size={15} aria-hidden />{studioWords.text}</Button>
        <Button look="quiet" on={drawer === "outline"} onPress={() => onDrawer(drawer === "outline" ? null : "outline")} data-testid="show-outline"><ListTree size={15} aria-hidden />{studioWords.outline}</Button>
        <IconButton label={studioWords.find} keys="mod+f" placement="top" onPress={onFind} data-testid="find"><Search size={15} /></IconButton>
      </div>
      <div className="row">
        {canPreview ? null : <span className="quiet small">{studioWords.previewBlocked}</span>}
        <Button look="primary" size="roomy" isDisabled={!canPreview} onPress={onPreview} data-testid="preview">{studioWords.preview}</Button>
      </div>
    </footer>
  );
}

/** All problems, click to go. */
export function Problems({ open, onGo }: { open: OpenDocument; onGo: (step: string | null) => void }) {
  const diagnostics = open.view?.diagnostics ?? [];
  if (diagnostics.length === 0) return <p className="muted" style={{ padding: 16 }}>{studioWords.noProblems}</p>;
  return (
    <ul className="drawer-list" data-testid="problem-list">
      {diagnostics.map((d, at) => (
        <li key={`${d.code} ${d.address.field ?? ""} ${at}`}>
          <button type="button" className="drawer-row" onClick={() => onGo(d.address.step ?? null)} data-testid={`problem-${d.code}`}>
            <span data-tone={severityMeaning[d.severity].tone} style={{ color: "var(--tone)", display: "grid" }} title={severityMeaning[d.severity].word}><MeaningIcon meaning={severityMeaning[d.severity]} size={15} /></span>
            <span className="grow">
              <span>{d.detail.replaceAll("`", "") || d.summary}</span> {d.hint ? <span className="muted"><Said text={d.hint} /></span> : null}
            </span>
            <span className="quiet small ellipsis" style={{ maxWidth: 220 }}>{d.address.step ?? ""}{d.span ? ` · ${d.span.start.line}:${d.span.start.column}` : ""}</span>
            <code className="quiet small">{d.code}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The graph as a list, for the keyboard and for screen readers. */
export function Outline({ document, edges, selected, onGo, onConnect }: { document: WorkflowDocument; edges: EdgeView[]; selected: string[]; onGo: (step: string) => void; onConnect: (step: string) => void }) {
  const items = outline(Object.keys(document.steps), edges);
  const title = (id: string) => document.steps[id]?.title || id;
  if (items.length === 0) return <p className="muted" style={{ padding: 16 }}>{studioWords.outlineEmpty}</p>;
  return (
    <ol className="drawer-list" data-testid="outline">
      {items.map((item) => (
        <li key={item.id} className="row" style={{ paddingRight: 8 }}>
          <button type="button" className="drawer-row grow" style={{ paddingLeft: 12 + Math.min(item.depth, 12) * 16 }} aria-current={selected.includes(item.id) || undefined} onClick={() => onGo(item.id)} data-testid={`outline-${item.id}`}>
            <span className="ellipsis" style={{ fontWeight: 500 }}>{title(item.id)}</span>
            <span className="quiet small ellipsis grow">{document.steps[item.id]?.uses} · {item.before.length === 0 ? studioWords.outlineStart : studioWords.outlineAfter(item.before.map(title).join(", "))}</span>
          </button>
          <Button look="quiet" onPress={() => onConnect(item.id)}>{studioWords.connectFrom}</Button>
        </li>
      ))}
    </ol>
  );
}
