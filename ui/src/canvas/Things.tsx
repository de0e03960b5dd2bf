import { type Node, type NodeProps, NodeResizeControl } from "@xyflow/react";
import { memo } from "react";
import { openLink } from "../bridge/client";
import type { Frame, Note } from "../bridge/types";
import { Markdown } from "../design/Markdown";
import { canvasWords } from "../text/canvas";
import { colourOf } from "./things";

export type FrameFlowNode = Node<{ frame: Frame; id: string; editable: boolean; onSize: (width: number, height: number) => void }, "frame">;
export type NoteFlowNode = Node<{ note: Note; id: string; editable: boolean; onSize: (width: number, height: number) => void }, "note">;

/** A frame: it is held by its heading, so that what stands in it can be reached. */
export const FrameNode = memo(function FrameNode({ data: { frame, id, editable, onSize }, selected }: NodeProps<FrameFlowNode>) {
  return (
    <div className="frame-box" data-colour={colourOf(frame.color)} data-testid={`frame-${id}`}>
      <div className="frame-head">
        <span className="ellipsis">{frame.title || canvasWords.frame}</span>
        {frame.owner ? <span className="frame-said ellipsis">{frame.owner}</span> : null}
        {frame.environment ? <span className="frame-said ellipsis">{frame.environment}</span> : null}
      </div>
      {selected && editable ? <Corner min={{ width: 120, height: 80 }} onSize={onSize} /> : null}
    </div>
  );
});

/** A note: Markdown, for people. */
export const NoteNode = memo(function NoteNode({ data: { note, id, editable, onSize }, selected }: NodeProps<NoteFlowNode>) {
  return (
    <div className="note-box" data-colour={colourOf(note.color)} data-testid={`note-${id}`}>
      {note.text ? <Markdown text={note.text} onLink={openLink} /> : <p className="quiet">{canvasWords.noteEmpty}</p>}
      {selected && editable ? <Corner min={{ width: 120, height: 60 }} onSize={onSize} /> : null}
    </div>
  );
});

function Corner({ min, onSize }: { min: { width: number; height: number }; onSize: (width: number, height: number) => void }) {
  return <NodeResizeControl position="bottom-right" minWidth={min.width} minHeight={min.height} className="corner" onResizeEnd={(_event, size) => onSize(Math.round(size.width), Math.round(size.height))} />;
}
