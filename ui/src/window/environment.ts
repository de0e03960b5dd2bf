import { useQuery } from "../bridge/queries";
import type { EnvironmentView } from "../bridge/types";
import { usePreferences } from "./preferences";

/** The environment that the whole window looks at. */
export function useEnvironment(): { name: string | null; current: EnvironmentView | undefined; all: EnvironmentView[] } {
  const workspace = useQuery("workspace.get", {}).data;
  const all = workspace?.environments ?? none;
  const chosen = usePreferences((preferences) => preferences.environment);
  const current = all.find((e) => e.name === chosen) ?? all.find((e) => e.name === workspace?.default_environment) ?? all[0];
  return { name: current?.name ?? null, current, all };
}

const none: EnvironmentView[] = [];
