import { many } from "./format";

export const demoWords = {
  title: "This demo",
  lead: "Everything in this workspace is for trying out. One button takes away what the demo made; what you changed or added stays.",
  remove: "Remove the demo…", removeNow: "Remove the demo", removing: "Taking back and removing", dialog: "Remove the demo?",
  looking: "Looking at what the demo made",
  goes: "This goes", stays: "This stays",
  standing: (count: number) => `${many(count, "deployment", "deployments")} taken back first`,
  leave: "Leave what stands as it is. It is named at the end.",
  left: "Left as it is, since you asked for that.",
  gone: "The demo is removed", goneLead: "Close this window. “podium demo FOLDER” makes the demo anew whenever you like.", nothingStays: "Nothing of it is left.",
  in: (environment: string) => `in ${environment}`,
};

/** Where a card of the tour leads, what it says, and where to look. */
export interface TourCard { at: "tile" | "card" | "studio" | "runs" | "drift" | "credentials" | "settings"; say: string; look: string }

export const tourWords = {
  label: (at: number, of: number) => `Tour of the demo, card ${at} of ${of}`, count: (at: number, of: number) => `${at} of ${of}`,
  next: "Next", done: "Done", skip: "Skip the tour", show: "Show me", start: "Take the tour of the demo",
  cards: [
    { at: "tile", say: "A tile is something you can deploy, and nothing is done before you have read what it would change.", look: "Look at “Share a folder”." },
    { at: "card", say: "The card says in plain words what would be made, where, and how it is taken back.", look: "Look at the questions and the summary below them." },
    { at: "studio", say: "The same workflow as a drawing: drag steps and edges, or press / to add one.", look: "Look at the canvas; the text is below it." },
    { at: "runs", say: "Every run keeps the graph it ran, and two runs of “Open a shop branch” differ by one variable.", look: "Open one of them and choose Compare." },
    { at: "drift", say: "Somebody changed the central shop past Podium, and a look at it finds what.", look: "Choose “Look for changes by hand”." },
    { at: "credentials", say: "Invented identities stand in your vault: one ends soon, one has ended, one lacks a right.", look: "Choose “Test all”." },
    { at: "settings", say: "All of this is taken away again by one button, and what is yours stays.", look: "Look at “This demo”." },
  ] as TourCard[],
};
