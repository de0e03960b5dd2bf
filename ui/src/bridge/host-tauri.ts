import { Channel, invoke } from "@tauri-apps/api/core";
import type { Host } from "./host";
import type { Batch } from "./types";

/** The window's own backend: one command for calls, one channel for events. */
export function tauriHost(): Host {
  return {
    label: null,
    call: (name, request) => invoke("podium", { name, request }),
    listen(onBatch) {
      const channel = new Channel<Batch>();
      let live = true;
      channel.onmessage = (batch) => {
        if (live) onBatch(batch);
      };
      void invoke("subscribe", { events: channel });
      return () => {
        live = false;
      };
    },
    openLink(url) {
      void invoke("open_link", { address: url });
    },
  };
}
