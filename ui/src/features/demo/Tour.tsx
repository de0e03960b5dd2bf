import "./demo.css";
import { Compass } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useQuery } from "../../bridge/queries";
import { Button } from "../../design/Button";
import { tourWords, type TourCard } from "../../text/demo";
import { type Action, useRegisterActions } from "../../window/actions";
import { usePreferences } from "../../window/preferences";
import { go, readRoute, type Route, useRoute, writeRoute } from "../../window/route";
import { asked, OVER, setTour, startTour, tourAt } from "./tour";

/** What a card speaks of; it gets a ring while the card is shown. */
const targets: Record<TourCard["at"], string> = {
  tile: '[data-testid="tile-share-a-folder"]', card: '[data-testid="card"]', studio: ".canvas", runs: '[data-testid="runs"]',
  drift: '[data-testid="drift-look"]', credentials: '[data-testid="test-all"]', settings: '[data-testid="demo-section"]',
};

/**
 * Seven cards for who opens the demo for the first time. They stand in a row of their own under the screen,
 * so that they never cover what they speak of, take no focus, and hold nothing up.
 */
export function Tour() {
  const workspace = useQuery("workspace.get", {}).data;
  const folder = workspace?.demo ? workspace.folder : null;
  useRegisterActions("tour", useMemo((): Action[] => (folder ? [{ id: "tour.start", label: tourWords.start, run: () => startTour(folder) }] : []), [folder]));
  const at = usePreferences((preferences) => (folder ? tourAt(preferences.tours, folder) : OVER));
  const card = tourWords.cards[at];
  return folder && card ? <Card folder={folder} at={at} card={card} /> : null;
}

function Card({ folder, at, card }: { folder: string; at: number; card: TourCard }) {
  const runs = useQuery("run.list", {}).data;
  const central = runs?.find((run) => run.workflow === "central-shop" && !run.undoes)?.id;
  const here = useRoute((state) => writeRoute(state.route));
  const workflows = useQuery("workflow.list", {}).data;
  const place = placeOf(card.at, central);
  // What somebody has renamed or removed is not led to.
  const there = !("workflow" in place) || !workflows || workflows.some((workflow) => workflow.name === place.workflow);
  const screen = there ? writeRoute(place) : writeRoute({ screen: "home" });
  const to = useMemo(() => readRoute(screen), [screen]);
  const of = tourWords.cards.length;
  const follow = useRef(false);
  const acts = useRef<HTMLDivElement>(null);
  // Who goes on is led there; who reads a card for the first time stays where they are.
  useEffect(() => {
    if (!follow.current) return;
    follow.current = false;
    go(to);
  }, [to]);
  // By itself it takes no focus; who asked for it is led to it.
  useEffect(() => {
    if (!asked.now) return;
    asked.now = false;
    acts.current?.querySelector<HTMLElement>('[data-testid="tour-next"]')?.focus();
  }, []);
  const on = here === writeRoute(to);
  useRing(on ? targets[card.at] : null);
  const next = () => {
    follow.current = at + 1 < of;
    setTour(folder, at + 1 < of ? at + 1 : OVER);
  };
  return (
    <section className="tour" aria-label={tourWords.label(at + 1, of)} data-testid="tour">
      <Compass size={20} aria-hidden className="tour-sign" />
      <p className="tour-said" role="status" data-testid="tour-said">
        <span>{card.say}</span> <span className="muted">{card.look}</span>
      </p>
      <div className="tour-acts" ref={acts}>
        <span className="quiet small tour-count" aria-hidden>{tourWords.count(at + 1, of)}</span>
        <Button look="quiet" onPress={() => setTour(folder, OVER)} data-testid="tour-skip">{tourWords.skip}</Button>
        {on ? null : <Button onPress={() => go(to)} data-testid="tour-show">{tourWords.show}</Button>}
        <Button onPress={next} data-testid="tour-next">{at + 1 < of ? tourWords.next : tourWords.done}</Button>
      </div>
    </section>
  );
}

function placeOf(at: TourCard["at"], central: string | undefined): Route {
  switch (at) {
    case "tile": return { screen: "home" };
    case "card": return { screen: "card", workflow: "share-a-folder" };
    case "studio": return { screen: "studio", workflow: "open-a-shop-branch" };
    case "runs": return { screen: "runs" };
    case "drift": return central ? { screen: "run", run: central } : { screen: "runs" };
    case "credentials": return { screen: "credentials" };
    case "settings": return { screen: "settings" };
  }
}

/** Rings what is spoken of as soon as it is on the screen, and brings it into sight once. */
function useRing(target: string | null) {
  useEffect(() => {
    const screen = document.getElementById("screen");
    if (!target || !screen) return;
    let ringed: Element | null = null;
    const look = () => {
      const found = screen.querySelector(target);
      if (found === ringed) return;
      ringed?.removeAttribute("data-toured");
      if (found && !ringed) found.scrollIntoView?.({ block: "nearest" });
      found?.setAttribute("data-toured", "");
      ringed = found;
    };
    look();
    const watch = new MutationObserver(look);
    watch.observe(screen, { childList: true, subtree: true });
    return () => { watch.disconnect(); ringed?.removeAttribute("data-toured"); };
  }, [target]);
}
