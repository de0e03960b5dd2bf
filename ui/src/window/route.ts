import { create } from "zustand";

/** Where one is. It stands in the address, so that a reload and Back return to it. */
export type Route =
  | { screen: "home" }
  | { screen: "card"; workflow: string }
  | { screen: "studio"; workflow: string | null; step?: string }
  | { screen: "preview"; workflow: string }
  | { screen: "run"; run: string }
  | { screen: "undo"; run: string }
  | { screen: "runs" }
  | { screen: "schedules" }
  | { screen: "due"; schedule: string; missed: boolean }
  | { screen: "credentials"; name?: string }
  | { screen: "environments" }
  | { screen: "settings" };

export function readRoute(hash: string): Route {
  const [screen, first, second] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  switch (screen) {
    case "studio": return { screen, workflow: first || null, ...(second ? { step: second } : {}) };
    case "card": case "preview": return first ? { screen, workflow: first } : { screen: "home" };
    case "run": case "undo": return first ? { screen, run: first } : { screen: "runs" };
    case "credentials": return { screen, ...(first ? { name: first } : {}) };
    case "due": return first ? { screen, schedule: first, missed: second === "missed" } : { screen: "schedules" };
    case "runs": case "schedules": case "environments": case "settings": return { screen };
    default: return { screen: "home" };
  }
}

export function writeRoute(route: Route): string {
  const parts: string[] = [route.screen];
  if ("workflow" in route && route.workflow) parts.push(route.workflow);
  if ("step" in route && route.step) parts.push(route.step);
  if ("run" in route) parts.push(route.run);
  if ("schedule" in route) parts.push(route.schedule, ...(route.missed ? ["missed"] : []));
  if ("name" in route && route.name) parts.push(route.name);
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export const useRoute = create<{ route: Route }>(() => ({ route: readRoute(window.location.hash) }));

window.addEventListener("hashchange", () => useRoute.setState({ route: readRoute(window.location.hash) }));

/** Goes somewhere. */
export function go(route: Route): void {
  const hash = writeRoute(route);
  if (window.location.hash === hash) useRoute.setState({ route });
  else window.location.hash = hash;
}
