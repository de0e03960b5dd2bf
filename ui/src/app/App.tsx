import { useCallback, useEffect, useMemo, useState } from "react";
import { hostLabel } from "../bridge/client";
import { useQuery } from "../bridge/queries";
import { ErrorCallout, Waiting } from "../design/feedback";
import { overlay, page } from "../design/page";
import { useGone } from "../features/demo/gone";
import { Home } from "../features/home/Home";
import { frameWords } from "../text/frame";
import { words } from "../text/words";
import { type Action, followKeys, useRegisterActions } from "../window/actions";
import { followPerson } from "../window/here";
import { followPresses } from "../window/press";
import { useEnvironment } from "../window/environment";
import { usePreferences } from "../window/preferences";
import { go, readRoute, type Route, useRoute } from "../window/route";
import { isProtected } from "./EnvironmentChip";
import { Failsafe } from "./Failsafe";
import { Rail } from "./Rail";
import { TitleRow } from "./TitleRow";
import { Toasts } from "./Toasts";

// Home is what the window starts with; everything else is loaded when somebody turns to it.
const Palette = overlay(() => import("./Palette").then((m) => m.Palette));
const Gone = page(() => import("../features/demo/Gone").then((m) => m.Gone));
const Tour = overlay(() => import("../features/demo/Tour").then((m) => m.Tour));
const Card = page(() => import("../features/card/Card").then((m) => m.Card));
const Studio = page(() => import("../features/studio/Studio").then((m) => m.Studio));
const PreviewScreen = page(() => import("../features/preview/PreviewScreen").then((m) => m.PreviewScreen));
const UndoScreen = page(() => import("../features/preview/UndoScreen").then((m) => m.UndoScreen));
const RunScreen = page(() => import("../features/run/RunScreen").then((m) => m.RunScreen));
const Runs = page(() => import("../features/runs/Runs").then((m) => m.Runs));
const Schedules = page(() => import("../features/schedules/Schedules").then((m) => m.Schedules));
const DueScreen = page(() => import("../features/schedules/DueScreen").then((m) => m.DueScreen));
const Credentials = page(() => import("../features/credentials/Credentials").then((m) => m.Credentials));
const Environments = page(() => import("../features/environments/Environments").then((m) => m.Environments));
const Settings = page(() => import("../features/settings/Settings").then((m) => m.Settings));
const pages = { card: Card, studio: Studio, preview: PreviewScreen, undo: UndoScreen, run: RunScreen, runs: Runs, schedules: Schedules, due: DueScreen, credentials: Credentials, environments: Environments, settings: Settings };

/** What the pointer or the focus comes to is loaded, so that it is there when it is pressed. */
function followHints(): () => void {
  const hint = (event: Event) => {
    const at = event.target instanceof Element ? event.target.closest<HTMLElement>('a[href^="#/"], [data-leads]') : null;
    const screen = at?.dataset.leads ?? (at ? readRoute(at.getAttribute("href") ?? "").screen : "");
    if (screen in pages) pages[screen as keyof typeof pages].load().catch(() => {});
  };
  const signs = ["pointerover", "focusin"] as const;
  for (const sign of signs) window.addEventListener(sign, hint, { passive: true });
  return () => { for (const sign of signs) window.removeEventListener(sign, hint); };
}

/** The window: rail, title row, and the screen of the route. */
export function App() {
  const route = useRoute((state) => state.route);
  const workspace = useQuery("workspace.get", {});
  const { current } = useEnvironment();
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);

  useEffect(() => followKeys(), []);
  useEffect(() => followPresses(), []);
  useEffect(() => followPerson(), []);
  useEffect(() => followHints(), []);
  useRegisterActions("window", useMemo((): Action[] => [
    { id: "window.palette", label: frameWords.palette, keys: "mod+k", whileTyping: true, quiet: true, run: openPalette },
    { id: "window.light", label: frameWords.theme.light, run: () => usePreferences.setState({ theme: "light" }) },
    { id: "window.dark", label: frameWords.theme.dark, run: () => usePreferences.setState({ theme: "dark" }) },
    { id: "window.system", label: frameWords.theme.system, run: () => usePreferences.setState({ theme: "system" }) },
    { id: "window.home", label: words.screens.home, keys: "mod+1", quiet: true, run: () => go({ screen: "home" }) },
    { id: "window.studio", label: words.screens.studio, keys: "mod+2", quiet: true, run: () => go({ screen: "studio", workflow: usePreferences.getState().lastWorkflow }) },
    { id: "window.runs", label: words.screens.runs, keys: "mod+3", quiet: true, run: () => go({ screen: "runs" }) },
    { id: "window.credentials", label: words.screens.credentials, keys: "mod+4", quiet: true, run: () => go({ screen: "credentials" }) },
    { id: "window.environments", label: words.screens.environments, keys: "mod+5", quiet: true, run: () => go({ screen: "environments" }) },
    { id: "window.settings", label: words.screens.settings, keys: "mod+,", quiet: true, run: () => go({ screen: "settings" }) },
  ], [openPalette]));

  const removed = useGone((state) => state.removed);
  if (removed) return <Gone removed={removed} />;
  return (
    <div className="frame" data-protected={isProtected(current) || undefined} data-testid="frame">
      <a className="skip" href="#screen" onClick={(event) => { event.preventDefault(); document.getElementById("screen")?.focus(); }}>{frameWords.skip}</a>
      <Rail />
      <TitleRow onPalette={openPalette} hostLabel={hostLabel()} />
      <main className="screen" id="screen" tabIndex={-1}>
        <Failsafe key={route.screen}>
          {workspace.error ? (
            <div className="page-inner"><ErrorCallout title={frameWords.cannotOpen} error={workspace.error} retry={workspace.retry} /></div>
          ) : workspace.data === undefined ? <Waiting words={frameWords.opening} />
            : <Screen route={route} />}
        </Failsafe>
      </main>
      {workspace.data?.demo ? <Tour /> : null}
      {palette ? <Palette onClose={() => setPalette(false)} /> : null}
      <Toasts />
    </div>
  );
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case "home": return <Home />;
    case "card": return <Card key={route.workflow} workflow={route.workflow} />;
    case "studio": return <Studio key={route.workflow ?? ""} workflow={route.workflow} step={route.step ?? null} />;
    case "preview": return <PreviewScreen key={route.workflow} workflow={route.workflow} />;
    case "undo": return <UndoScreen key={route.run} run={route.run} />;
    case "run": return <RunScreen key={route.run} run={route.run} />;
    case "runs": return <Runs />;
    case "schedules": return <Schedules />;
    case "due": return <DueScreen key={`${route.schedule} ${route.missed}`} schedule={route.schedule} missed={route.missed} />;
    case "credentials": return <Credentials name={route.name ?? null} />;
    case "environments": return <Environments />;
    case "settings": return <Settings />;
  }
}
