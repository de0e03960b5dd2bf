import { useEffect } from "react";
import { invalidate } from "../bridge/queries";
import type { EnvironmentView, WindowView } from "../bridge/types";
import { useEnvironment } from "./environment";

/** The longest that a timer can wait. */
const LONGEST = 2 ** 31 - 1;

/** When runs may begin in an environment, as it stands now: asked again at the moment at which that changes. */
export function useOpening(name: string, known?: EnvironmentView): WindowView | undefined {
  const environment = useEnvironment().all.find((one) => one.name === name) ?? known;
  const until = environment?.window?.until;
  useEffect(() => {
    if (until === undefined) return;
    const ask = () => invalidate(["workspace.get"]);
    const timer = setTimeout(ask, Math.min(Math.max(until - Date.now(), 0) + 1_000, LONGEST));
    // A computer that slept does not notice the time that passed.
    window.addEventListener("focus", ask);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", ask);
    };
  }, [until]);
  return environment?.window;
}
