import { useEffect, useState } from "react";
import { call } from "../../bridge/client";
import type { ApiError, SearchedCredential } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Callout, ErrorCallout, Waiting } from "../../design/feedback";
import { credentialWords } from "../../text/credentials";
import { bytes } from "../../text/format";
import { words } from "../../text/words";

/** Holds the promise against the files: a secret goes in and never comes out. */
export function SearchSecret({ name, onClose }: { name: string; onClose: () => void }) {
  const [searched, setSearched] = useState<SearchedCredential | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    let gone = false;
    call("credential.search", { name }).then((found) => { if (!gone) setSearched(found); }, (wrong: ApiError) => { if (!gone) setError(wrong); });
    return () => { gone = true; };
  }, [name]);
  return (
    <Dialog title={credentialWords.searchTitle(name)} open onClose={onClose} closeLabel={words.close} foot={<Button size="roomy" onPress={onClose}>{words.close}</Button>}>
      <p className="muted">{credentialWords.searchLead}</p>
      {error ? <ErrorCallout error={error} /> : null}
      {!searched && !error ? <Waiting words={credentialWords.searchingNow} /> : null}
      {searched ? <div role="status" data-testid="searched"><Result searched={searched} /></div> : null}
    </Dialog>
  );
}

function Result({ searched }: { searched: SearchedCredential }) {
  const { found, unread } = searched;
  return (
    <div className="stack" style={{ gap: 12 }}>
      {found.length === 0
        ? <Callout tone="ok" title={credentialWords.searchedNothing}>{credentialWords.searchedAll(searched.files, bytes(searched.bytes), searched.events)}</Callout>
        : <Callout tone="bad" title={credentialWords.searchedFound(found.length)}>{credentialWords.searchedFoundBody}<ul>{found.map((one) => <li key={`${one.place} ${one.field}`} className="selectable mono small" style={{ overflowWrap: "anywhere" }}>{one.place}</li>)}</ul></Callout>}
      {unread.length > 0 ? <Callout tone="wait" title={credentialWords.searchedUnread}><ul>{unread.map((place) => <li key={place} className="selectable mono small" style={{ overflowWrap: "anywhere" }}>{place}</li>)}</ul></Callout> : null}
    </div>
  );
}
