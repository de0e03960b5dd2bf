import { Channel, invoke } from "@tauri-apps/api/core";
import type { Host } from "./host";
import type { EventBatch } from "./types";

/** The window's own backend: one command for calls, one channel for events. */
export function tauriHost(): Host {
  return {
    label: null,
    call: (name, request) => invoke("podium", { name, request }),
    listen(onBatch) {
      const channel = new Channel<EventBatch>();
      let live = true;
      channel.onmessage = (batch) => {
        if (live) onBatch(batch);
      };
      void invoke("podium_events", { channel });
      return () => {
        live = false;
      };
    },
    openLink(url) {
      void invoke("podium", { name: "link.open", request: { url } });
    },
  };
}
