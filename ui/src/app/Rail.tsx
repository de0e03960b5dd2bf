import { House, KeyRound, Layers, Play, Settings, Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { Focusable, Tooltip, TooltipTrigger } from "react-aria-components";
import { useQuery } from "../bridge/queries";
import { Logo } from "../design/Logo";
import { words } from "../text/words";
import { usePreferences } from "../window/preferences";
import { type Route, useRoute, writeRoute } from "../window/route";

const belongs: Record<Route["screen"], string> = {
  home: "home", card: "home", studio: "studio", preview: "studio", run: "runs", undo: "runs", runs: "runs", schedules: "runs", due: "runs",
  credentials: "credentials", environments: "environments", settings: "settings",
};

/** The six places, always in sight. */
export function Rail() {
  const screen = useRoute((state) => belongs[state.route.screen]);
  const last = usePreferences((preferences) => preferences.lastWorkflow);
  const waits = useQuery("run.list", {}).data?.some((run) => run.state === "waiting") ?? false;
  return (
    <nav className="rail" aria-label={words.product}>
      <Logo className="rail-logo" />
      <Place to={{ screen: "home" }} here={screen === "home"} label={words.screens.home}><House size={20} /></Place>
      <Place to={{ screen: "studio", workflow: last }} here={screen === "studio"} label={words.screens.studio}><Workflow size={20} /></Place>
      <Place to={{ screen: "runs" }} here={screen === "runs"} label={waits ? `${words.screens.runs}: ${words.runStates.waiting}` : words.screens.runs}>
        <Play size={20} />{waits ? <span className="rail-dot" /> : null}
      </Place>
      <Place to={{ screen: "credentials" }} here={screen === "credentials"} label={words.screens.credentials}><KeyRound size={20} /></Place>
      <Place to={{ screen: "environments" }} here={screen === "environments"} label={words.screens.environments}><Layers size={20} /></Place>
      <Place to={{ screen: "settings" }} here={screen === "settings"} label={words.screens.settings} end><Settings size={20} /></Place>
    </nav>
  );
}

function Place({ to, here, label, end, children }: { to: Route; here: boolean; label: string; end?: boolean; children: ReactNode }) {
  return (
    <TooltipTrigger delay={300} closeDelay={0}>
      <Focusable>
        <a href={writeRoute(to)} aria-label={label} aria-current={here ? "page" : undefined} className={end ? "rail-end" : undefined} data-testid={`rail-${to.screen}`}>{children}</a>
      </Focusable>
      <Tooltip className="tooltip" placement="right" offset={8}>{label}</Tooltip>
    </TooltipTrigger>
  );
}
