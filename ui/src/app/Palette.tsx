import { ArrowRight, History, Play, Search, Workflow, Zap } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { useQuery } from "../bridge/queries";
import { Keys } from "../design/Keys";
import { frameWords } from "../text/frame";
import { words } from "../text/words";
import { useActions } from "../window/actions";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { fuzzy } from "./fuzzy";

interface Item { id: string; group: keyof typeof frameWords.groups; label: string; note?: string; keys?: string; run: () => void }

const icons = { recent: History,  actions: Zap, workflows: Workflow, runs: Play, screens: ArrowRight };

/** Every action, workflow and screen by name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const groups = useActions((state) => state.groups);
  const workflows = useQuery("workflow.list", {}).data;
  const runs = useQuery("run.list", {}).data;
  const [recent] = useState(() => usePreferences.getState().recent);
  const items = useMemo(() => {
    const all: Item[] = [];
    // What the screen can do comes before what the window can always do.
    const byScreen = Object.entries(groups).toSorted(([a], [b]) => Number(a === "window") - Number(b === "window"));
    for (const action of byScreen.flatMap(([, actions]) => actions)) if (action.enabled !== false && !action.quiet) all.push({ id: `a-${action.id}`, group: "actions", label: action.label, ...(action.keys ? { keys: action.keys.split(" ")[0] ?? "" } : {}), run: action.run });
    for (const workflow of workflows ?? []) all.push({ id: `w-${workflow.name}`, group: "workflows", label: workflow.title, note: words.steps(workflow.steps), run: () => go({ screen: "studio", workflow: workflow.name }) });
    if (query) for (const workflow of workflows ?? []) if (workflow.problems === 0) all.push({ id: `d-${workflow.name}`, group: "workflows", label: frameWords.deploy(workflow.title), run: () => go({ screen: "card", workflow: workflow.name }) });
    for (const screen of ["home", "runs", "schedules", "credentials", "environments", "settings"] as const) all.push({ id: `s-${screen}`, group: "screens", label: words.screens[screen], run: () => go({ screen }) });
    for (const run of (runs ?? []).slice(0, query ? 50 : 4)) all.push({ id: `r-${run.id}`, group: "runs", label: run.title, note: `${words.runStates[run.state]} · ${run.environment}`, run: () => go({ screen: "run", run: run.id }) });
    if (!query.trim()) {
      // What one did last stands first.
      const last = recent.flatMap((known) => all.find((item) => item.id === known) ?? []).slice(0, 5).map((item): Item => ({ ...item, group: "recent" }));
      return [...last, ...all.filter((item) => !last.some((one) => one.id === item.id))];
    }
    return all.map((item) => ({ item, score: fuzzy(query, item.label) })).filter((m) => m.score > 0).toSorted((a, b) => b.score - a.score).map((m) => m.item).slice(0, 60);
  }, [groups, workflows, runs, query, recent]);
  const chosen = items[Math.min(at, items.length - 1)];
  const choose = (item: Item | undefined) => {
    if (!item) return;
    usePreferences.setState((now) => ({ recent: [item.id, ...now.recent.filter((one) => one !== item.id)].slice(0, 20) }));
    onClose();
    item.run();
  };
  return (
    <ModalOverlay className="scrim" isOpen onOpenChange={(open) => { if (!open) onClose(); }} isDismissable>
      <Modal style={{ display: "contents" }}>
        <Dialog className="dialog command" aria-label={frameWords.palette}>
          <div className="command-search">
            <Search size={16} aria-hidden />
            <input
              // The palette is a search field first; focus belongs there.
              // oxlint-disable-next-line jsx-a11y/no-autofocus
              autoFocus className="command-input" role="combobox" aria-expanded aria-controls={id} aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
              aria-label={frameWords.palette} placeholder={frameWords.palette} value={query} data-testid="palette-input"
              onChange={(event) => { setQuery(event.target.value); setAt(0); }}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") setAt(Math.min(at + 1, items.length - 1));
                else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
                else if (event.key === "Enter") choose(chosen);
                else return;
                event.preventDefault();
              }}
            />
          </div>
          <div className="command-list scroll" role="listbox" id={id} aria-label={frameWords.palette}>
            {items.length === 0 ? <p className="muted" style={{ padding: 16 }}>{frameWords.paletteEmpty}</p> : null}
            {items.map((item, index) => {
              const Icon = icons[item.group];
              const heading = !query && items[index - 1]?.group !== item.group ? <div className="menu-heading">{frameWords.groups[item.group]}</div> : null;
              return (
                <div key={item.id} role="presentation">
                  {heading}
                  <div
                    className="command-item" role="option" tabIndex={-1} id={`${id}-${item.id}`} data-testid={`command-${item.id}`} aria-selected={item === chosen}
                    ref={(node) => { if (item === chosen) node?.scrollIntoView?.({ block: "nearest" }); }}
                    onPointerMove={() => setAt(index)} onClick={() => choose(item)} onKeyDown={() => {}}
                  >
                    <Icon size={16} aria-hidden />
                    <span className="grow ellipsis">{item.label}</span>
                    {item.note ? <span className="quiet small ellipsis">{item.note}</span> : null}
                    {item.keys ? <Keys keys={item.keys} /> : null}
                  </div>
                </div>
              );
            })}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
