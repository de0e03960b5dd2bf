import { many } from "./format";

export const credentialWords = {
  title: "Credentials", lead: "Names stand in files. Values stay in the vault on this computer and never come back to this window.",
  openedBy: (what: string) => `The vault is opened by ${what}.`,
  add: "Add a credential", test: "Test", testAll: "Test all", testing: "Testing", lock: "Lock", remove: "Remove", search: "Search credentials",
  none: "No credentials yet", noneBody: "Add the account that a workflow should use. You can test it at once, and take it away at any time.",
  never: "Not tested yet", tested: "Tested", expires: "Expires", expired: "Expired", noEnd: "Does not end by itself, as far as the system says.", rights: "Rights", rightsUnknown: "This system does not say what it may do.", right: (what: string, held: boolean | null) => (held === null ? `May ${what}: known when it is tried` : held ? `May ${what}` : `May not ${what}`), usedIn: "Used in", nowhere: "Used nowhere", fields: "Details", stored: "In the vault", storedHelp: "Stored. It never comes out again; to change it, add it anew.", identity: "Who it is", place: "Where", created: "Added", kind: "Kind", name: "Name",
  noMatch: "No credential fits.", choose: "Choose a credential to see who it is and where it is used.",
  chooseKind: "Which system is it for?", kindFields: (count: number) => many(count, "field", "fields"), step: (at: number, of: number) => `${at} of ${of}`, nameLabel: "Name", nameHelp: "Files refer to it by this name: small letters, digits and dashes.", nameForm: "Small letters, digits and dashes, starting with a letter.", nameTaken: "There is a credential of this name already.",
  secretHelp: "It goes into the vault. It is not shown again.", next: "Next", back: "Back", save: "Store it", saving: "Storing", needed: "This is needed.", saved: (name: string) => `“${name}” is stored.`, testNow: "Test it now", show: "Show what I type", hide: "Hide what I type",
  login: { begin: "Log in", title: (name: string) => `Log in for “${name}”`, asking: "Asking for a code", body: "Enter this code in a browser, on any computer, at", open: "Open the page", waiting: "Waiting for you. The code ends", done: (name: string) => `“${name}” is logged in.` },
  removeTitle: (name: string) => `Remove “${name}”`, removeBody: (places: string[]) => (places.length > 0 ? `It is used in ${places.join(", ")}. Steps there that need it will stop at the preview and say so.` : "No environment uses it."), removeDo: "Remove the credential", removeLast: "Its value is deleted from the vault. There is no undo.",
  inventedHelp: "Invented, for practice clouds alone. No real system knows it.", meets: "It meets",
  searchAll: "Search everything for it", searchTitle: (name: string) => `Searching everything for “${name}”`, searchLead: "Every file of Podium and of this workspace, and every event of the history, is read for its secrets in every spelling.", searchingNow: "Searching",
  searchedNothing: "Nothing was found.", searchedFound: (count: number) => `It stands in ${many(count, "place", "places")}.`, searchedFoundBody: "Replace the value at its system, then delete these places.", searchedAll: (files: number, megabytes: string, events: number) => `${many(files, "file", "files")} (${megabytes}) and ${many(events, "event", "events")} were read. Its name was found, as it must be, so the search works.`, searchedUnread: "Could not be read",
  locked: { inside: "In the vault", title: "The vault is locked", body: "Your credentials stay where they are. Unlock the vault to use, test or change them.", passphrase: "Passphrase", unlock: "Unlock", unlocking: "Unlocking", keychain: "The keychain of this computer may ask for your password." },
  empty: {
    title: "A vault for your credentials", keychain: "The keychain of this computer keeps its key. Nothing leaves this computer.", passphrase: "Choose a passphrase. It is the only way into the vault: nobody can reset it.", make: "Make the vault", making: "Making the vault", again: "The same again", differs: "The two are not the same.", short: "At least 12 characters; a few words are good.",
  },
};
