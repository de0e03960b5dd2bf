import type { ReactNode } from "react";

/**
 * What stands in a system's mark: shapes of our own drawing on a field of 20 × 20, never a logo. Each tells what the
 * system is about; lines take the mark's ink, fills a shade of it. A system that is not here is told by its letters.
 */
export const DRAWINGS: Readonly<Record<string, ReactNode>> = {
  // Someone who says yes.
  approval: <><circle cx="8" cy="6.2" r="3.2" data-soft /><path d="M2.5 17c.3-3.2 2.5-5.2 5.5-5.2 1 0 1.9.2 2.7.6M11.5 15l2.2 2.2 4.3-4.7" /></>,
  // A globe with its meridian.
  http: <><circle cx="10" cy="10" r="7.2" data-soft /><path d="M2.8 10h14.4M10 2.8c4.3 4.7 4.3 9.7 0 14.4M10 2.8c-4.3 4.7-4.3 9.7 0 14.4" /></>,
  // A prompt.
  command: <><rect x="2.5" y="3.5" width="15" height="13" rx="2.5" data-soft /><path d="m6 8 2.5 2.3L6 12.6M10.7 12.8h3.6" /></>,
  // A sheet with its corner turned.
  file: <><path d="M5 2.8h6.2L15.5 7v10.2H5z" data-soft /><path d="M11 2.8V7.2h4.5M7.6 10.7h5M7.6 13.7h3.4" /></>,
  // A page in a window.
  site: <><rect x="2.5" y="3.5" width="15" height="13" rx="2.5" data-soft /><path d="M2.5 7.6h15M5.8 10.7h3.7v3H5.8zM12 11h2.6M12 13.5h2.6" /></>,
  // An hourglass.
  wait: <><path d="M5.5 2.8h9c0 4-2 5.2-3.2 7.2 1.2 2 3.2 3.2 3.2 7.2h-9c0-4 2-5.2 3.2-7.2-1.2-2-3.2-3.2-3.2-7.2z" data-soft /><path d="M4.3 2.8h11.4M4.3 17.2h11.4M8.2 6.3h3.6" /></>,
  // A graph inside a step.
  workflow: <><rect x="2.5" y="7.2" width="4.6" height="5.6" rx="1.4" data-soft /><rect x="12.9" y="2.7" width="4.6" height="5.6" rx="1.4" data-soft /><rect x="12.9" y="11.7" width="4.6" height="5.6" rx="1.4" data-soft /><path d="M7.1 10h1.4c1.8 0 1.3-4.5 3.1-4.5h1.3M8.5 10c1.8 0 1.3 4.5 3.1 4.5h1.3" /></>,
  // Ground in layers, and what is to be built on it.
  terraform: <><path d="m10 2.6 4.3 2.3v4.6L10 11.9 5.7 9.5V4.9z" data-soft /><path d="M5.7 4.9 10 7.2l4.3-2.3M10 7.2v4.7M2.6 11.6 10 15.4l7.4-3.8M2.6 14.6l7.4 3.6 7.4-3.6" /></>,
  // The same ground, in a cloud.
  "hcp-terraform": <><path d="M5.6 11.4a3.4 3.4 0 0 1 .3-6.8 4.6 4.6 0 0 1 8.5 1 3 3 0 0 1 .2 5.8z" data-soft /><path d="m3.4 14.3 6.6 3.2 6.6-3.2" /></>,
  // A stack under a cloud.
  cloudformation: <><path d="M6 9.4a2.9 2.9 0 0 1 .2-5.8 4 4 0 0 1 7.4.9 2.5 2.5 0 0 1 .2 4.9z" data-soft /><path d="M4.5 12.3h11M4.5 14.9h11M4.5 17.5h11" /></>,
  // A play of many hands: one says it, three do it.
  ansible: <><path d="M2.8 6.1 8 9.7l-5.2 3.6z" data-soft /><path d="M8 9.7h6.4M8 9.7c3.2 0 2.6-5.2 6.4-5.2M8 9.7c3.2 0 2.6 5.2 6.4 5.2" /><circle cx="15.9" cy="4.5" r="1.4" /><circle cx="15.9" cy="9.7" r="1.4" /><circle cx="15.9" cy="14.9" r="1.4" /></>,
  // The same play, from a tower.
  awx: <><path d="M7 17.2 8.3 8.5h3.4l1.3 8.7z" data-soft /><path d="M5.5 17.2h9M6.3 8.5h7.4M7.8 12.6h4.4M10 8.5V5.8M7.3 5.6a3.8 3.8 0 0 1 5.4 0M5.3 3.5a6.7 6.7 0 0 1 9.4 0" /></>,
  // A book that runs.
  "azure-automation": <><path d="M4 4.3c0-.9.7-1.5 1.6-1.5H16v11.5H5.6c-.9 0-1.6.7-1.6 1.5z" data-soft /><path d="M4 15.8c0 .8.7 1.4 1.6 1.4H16v-2.9M10.9 5.2 8.2 9h3.6l-2.4 3.5" /></>,
  // Pods that hold together.
  kubernetes: <><path d="m10 2.5 3.2 1.8v3.7L10 9.9 6.8 8V4.3z" data-soft /><path d="m6 9.7 3.2 1.8v3.7L6 17.1l-3.2-1.9v-3.7z" data-soft /><path d="m14 9.7 3.2 1.8v3.7L14 17.1l-3.2-1.9v-3.7z" data-soft /></>,
  // A blueprint's nodes on a cloud.
  cloudify: <><path d="M5.6 15.7a3.7 3.7 0 0 1 .3-7.4 5 5 0 0 1 9.3 1.1 3.2 3.2 0 0 1 .2 6.3z" data-soft /><circle cx="10" cy="4" r="1.5" /><circle cx="7.7" cy="12.5" r="1.3" /><circle cx="12.7" cy="12.5" r="1.3" /><path d="M10 5.5v3.2M9.7 8.7l-1.5 2.7M10.3 8.7l1.8 2.7" /></>,
  // One thing that turns into another.
  morpheus: <><rect x="2.6" y="2.6" width="8.6" height="8.6" rx="2.2" data-soft /><path d="M8.8 13.6v1.6c0 1.2 1 2.2 2.2 2.2h4.2c1.2 0 2.2-1 2.2-2.2V11c0-1.2-1-2.2-2.2-2.2h-1.6M5.3 6.9h3.2" /><path d="m11.6 13 2.6-2.6M14.2 12.7v-2.3h-2.3" /></>,
  // A card from a catalogue, and the order.
  "ibm-orchestrator": <><rect x="2.6" y="3" width="9.8" height="6" rx="1.6" data-soft /><rect x="2.6" y="11" width="9.8" height="6" rx="1.6" data-soft /><path d="M5.3 6h4.3M5.3 14h2.7M14.3 6c2 0 3 1.3 3 3.2 0 2.3-1.2 3.5-3.3 4M15.5 11.3 13.7 13.3l2 1.7" /></>,
  // A drawing board with its square.
  "ibm-schematics": <><rect x="2.6" y="2.6" width="14.8" height="14.8" rx="2.2" data-soft /><path d="M2.6 7.5h14.8M7.5 7.5v9.9M10.5 14.4l3.9-3.9M10.5 14.4v-3.9" /></>,
  // A package on its way up.
  octopus: <><path d="m10 8.7 6 2.9v4L10 18.3l-6-2.7v-4z" data-soft /><path d="m4 11.6 6 2.7 6-2.7M10 14.3v4M10 8.5V2.3M7.4 4.8 10 2.2l2.6 2.6" /></>,
};
