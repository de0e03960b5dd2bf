import { setHost } from "./client";
import type { Host } from "./host";
import { tauriHost } from "./host-tauri";

/** Finds the host: the window's own, else the fake one where this build allows it. */
export async function connectHost(): Promise<void> {
  if ("__TAURI_INTERNALS__" in window) {
    setHost(tauriHost());
    return;
  }
  if (__FAKE_HOST__) {
    const { fakeHost } = await import("./fake/host-fake");
    const query = new URLSearchParams(window.location.search);
    const number = (name: string) => (query.has(name) ? { [name]: Number(query.get(name)) } : {});
    setHost(fakeHost({
      ...number("latency"), ...number("pace"), ...number("big"), ...number("logLines"),
      ...(query.has("empty") ? { empty: true, history: false } : {}),
      ...(query.has("failing") ? { failing: (query.get("failing") ?? "").split(",") } : {}),
      ...(query.has("vault") ? { vault: query.get("vault") as "locked" | "empty" } : {}),
      ...(query.has("environment") ? { environment: query.get("environment") ?? "play" } : {}),
    }));
    return;
  }
  setHost(absentHost());
}

function absentHost(): Host {
  return {
    label: null,
    call: () => Promise.reject({ code: "POD0000", message: "This page is part of the Podium window and does nothing by itself.", hint: "Start Podium.", retry: "permanent" }),
    listen: () => () => {},
    openLink: () => {},
  };
}
