import { create } from "zustand";
import type { DemoRemoved } from "../../bridge/types";

/** Set once the demo that was open here is removed: there is no workspace any more. */
export const useGone = create<{ removed: DemoRemoved | null }>(() => ({ removed: null }));
