import { ChevronRight, Lock, Search } from "lucide-react";
import { useQuery } from "../bridge/queries";
import { Button } from "../design/Button";
import { Keys } from "../design/Keys";
import { frameWords } from "../text/frame";
import { runsWords } from "../text/runs";
import { words } from "../text/words";
import { go, type Route, useRoute, writeRoute } from "../window/route";
import { EnvironmentChip } from "./EnvironmentChip";

/** Where am I, the palette, the environment. */
export function TitleRow({ onPalette, hostLabel }: { onPalette: () => void; hostLabel: string | null }) {
  return (
    <header className="title-row">
      <Where />
      <button type="button" className="palette-button" onClick={onPalette} data-testid="palette-open">
        <Search size={14} aria-hidden />
        <span className="grow ellipsis">{frameWords.palette}</span>
        <Keys keys="mod+k" />
      </button>
      <div className="title-end">{hostLabel ? <span className="host-label ellipsis" title={hostLabel}>{hostLabel}</span> : null}<VaultSign /><EnvironmentChip /></div>
    </header>
  );
}

/** While the vault is locked, that is in sight everywhere, with the way to open it. */
function VaultSign() {
  const vault = useQuery("vault.get", {}).data;
  if (vault?.state !== "locked") return null;
  return <Button look="quiet" onPress={() => go({ screen: "credentials" })} data-testid="vault-sign"><Lock size={14} aria-hidden />{frameWords.vaultLocked}</Button>;
}

function Where() {
  const route = useRoute((state) => state.route);
  const workspace = useQuery("workspace.get", {}).data;
  const workflows = useQuery("workflow.list", {}).data;
  const runs = useQuery("run.list", {}).data;
  const schedules = useQuery("schedule.list", route.screen === "due" ? {} : null).data?.schedules;
  const nameOf = (id: string) => workflows?.find((workflow) => workflow.name === id)?.title ?? id;
  const path: { label: string; to?: Route }[] = [{ label: workspace?.name ?? words.product, to: { screen: "home" } }];
  if (route.screen === "run" || route.screen === "undo") {
    const run = runs?.find((r) => r.id === route.run);
    path.push({ label: words.screens.runs, to: { screen: "runs" } }, { label: run ? (run.undoes ? `${runsWords.undoOf} ${run.title}` : run.title) : route.run });
    if (route.screen === "undo") path.push({ label: words.screens.undo });
  } else if ("workflow" in route && route.workflow) {
    path.push({ label: nameOf(route.workflow), ...(route.screen === "preview" ? { to: { screen: "studio", workflow: route.workflow } as Route } : {}) });
    if (route.screen === "preview") path.push({ label: words.screens.preview });
  } else if (route.screen === "due") {
    path.push({ label: words.screens.schedules, to: { screen: "schedules" } }, { label: schedules?.find((one) => one.name === route.schedule)?.title ?? route.schedule });
  } else if (route.screen !== "home") path.push({ label: words.screens[route.screen as "runs"] });
  return (
    <nav className="where" aria-label="Path">
      {path.map((part, at) => (
        <span key={part.label + String(at)} className="row ellipsis" style={{ flexShrink: at === 0 ? 3 : 1, gap: 6 }}>
          {at > 0 ? <ChevronRight size={14} aria-hidden /> : null}
          {at === path.length - 1 ? <span className="here ellipsis" title={part.label}>{part.label}</span> : <a className="ellipsis" href={writeRoute(part.to ?? { screen: "home" })}>{part.label}</a>}
        </span>
      ))}
    </nav>
  );
}
