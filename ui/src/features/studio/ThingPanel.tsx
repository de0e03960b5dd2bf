import { Trash2 } from "lucide-react";
import type { Frame, Note } from "../../bridge/types";
import { colourOf, colours } from "../../canvas/things";
import { Button } from "../../design/Button";
import { Field } from "../../design/fields";
import { Draft } from "../../forms/Draft";
import type { Change } from "../../graph/edits";
import { studioWords } from "../../text/studio";

/** The selected frame: what it is called, whose it is, where it belongs. */
export function FramePanel({ id, frame, apply, onDelete }: { id: string; frame: Frame; apply: (change: Change) => void; onDelete: () => void }) {
  const set = (part: Partial<Frame>, key: string) => apply({ label: "Change a frame", edits: [], moves: {}, frames: { [id]: { ...frame, ...part } }, merge: `frame ${id} ${key}` });
  return (
    <div className="inspector" data-testid="frame-panel">
      <div className="small quiet">{studioWords.frame}</div>
      <Field label={studioWords.frameTitle} id="frame-title"><Draft id="frame-title" testId="field-frame-title" value={frame.title ?? ""} onCommit={(title) => set({ title }, "title")} /></Field>
      <Swatches value={frame.color} onChange={(color) => set({ color }, "color")} />
      <Field label={studioWords.frameOwner} help={studioWords.frameOwnerHelp} id="frame-owner"><Draft id="frame-owner" testId="field-frame-owner" value={frame.owner ?? ""} onCommit={(owner) => set({ owner }, "owner")} /></Field>
      <Field label={studioWords.frameEnvironment} id="frame-environment"><Draft id="frame-environment" testId="field-frame-environment" value={frame.environment ?? ""} onCommit={(environment) => set({ environment }, "environment")} /></Field>
      <p className="quiet small">{studioWords.frameHelp}</p>
      <div><Button look="quiet" className="flush" onPress={onDelete} data-testid="delete-frame"><Trash2 size={14} aria-hidden />{studioWords.deleteFrame}</Button></div>
    </div>
  );
}

/** The selected note. */
export function NotePanel({ id, note, apply, onDelete }: { id: string; note: Note; apply: (change: Change) => void; onDelete: () => void }) {
  const set = (part: Partial<Note>, key: string) => apply({ label: "Change a note", edits: [], moves: {}, notes: { [id]: { ...note, ...part } }, merge: `note ${id} ${key}` });
  return (
    <div className="inspector" data-testid="note-panel">
      <div className="small quiet">{studioWords.noteThing}</div>
      <Field label={studioWords.noteText} help={studioWords.noteHelp} id="note-text"><Draft id="note-text" testId="field-note-text" multiline rows={10} value={note.text ?? ""} onCommit={(text) => set({ text }, "text")} /></Field>
      <Swatches value={note.color} onChange={(color) => set({ color }, "color")} />
      <div><Button look="quiet" className="flush" onPress={onDelete} data-testid="delete-note"><Trash2 size={14} aria-hidden />{studioWords.deleteNote}</Button></div>
    </div>
  );
}

function Swatches({ value, onChange }: { value: string | undefined; onChange: (colour: string) => void }) {
  const current = colourOf(value);
  return (
    <Field label={studioWords.colour}>
      <div className="swatches" role="radiogroup" aria-label={studioWords.colour}>
        {colours.map((colour) => (
          <label key={colour} data-colour={colour} title={studioWords.colours[colour]}>
            <input type="radio" className="sr-only" name="colour" checked={colour === current} onChange={() => onChange(colour)} aria-label={studioWords.colours[colour]} data-testid={`colour-${colour}`} />
            <span className="swatch" />
          </label>
        ))}
      </div>
    </Field>
  );
}
