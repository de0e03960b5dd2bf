import { history, historyKeymap, defaultKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentOnInput, syntaxHighlighting, bracketMatching, foldGutter, foldKeymap } from "@codemirror/language";
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useCallback, useEffect, useRef, useState } from "react";
import type { DocumentView } from "../../bridge/types";
import { Button } from "../../design/Button";
import { studioWords } from "../../text/studio";

const fromOutside = Annotation.define<boolean>();

const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "12px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", scrollbarWidth: "thin" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in oklab, var(--accent) 22%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line-2)", borderRadius: "6px", maxWidth: "420px" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel button, .cm-panel input": { font: "inherit" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", border: "none", color: "var(--text-3)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.content], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment, tags.punctuation, tags.separator], color: "var(--code-quiet)" },
]);

interface Props { view: DocumentView; onText: (text: string) => void; step: string | null }

/**
 * The text beside the canvas. It sits in a shadow root: there the editor can bring its styles as a
 * constructed sheet, which a strict content policy allows.
 */
export function TextPanel({ view, onText, step }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const tell = useRef(onText);
  tell.current = onText;
  const first = useRef(view.text);
  /** The text that file and editor had in common last, and the one that was sent last. */
  const common = useRef(view.text);
  const sent = useRef<string | null>(null);
  /** The file holds something else than what was being written upon: nothing is sent until a person says which. */
  const [other, setOther] = useState<string | null>(null);
  const held = useRef(false);
  held.current = other !== null;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const place = document.createElement("div");
    place.style.height = "100%";
    root.append(place);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (!editor.current || held.current) return;
      sent.current = editor.current.state.doc.toString();
      tell.current(sent.current);
    };
    const made = new EditorView({
      parent: place, root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches(), lintGutter(),
          yaml(), syntaxHighlighting(colours), theme, EditorState.tabSize.of(2), EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": studioWords.text, "data-testid": "text" }),
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((t) => t.annotation(fromOutside))) return;
            clearTimeout(timer);
            timer = setTimeout(flush, 350);
          }),
          EditorView.domEventHandlers({ blur: () => { if (timer) flush(); } }),
        ],
      }),
    });
    editor.current = made;
    return () => {
      if (timer) flush();
      editor.current = null;
      made.destroy();
      place.remove();
    };
  }, []);

  // Only the part that differs is replaced, so that the cursor stays. It goes into the editor's own history:
  // what was written is one undo away.
  const replace = useCallback((text: string) => {
    const made = editor.current;
    if (!made) return;
    const old = made.state.doc.toString();
    let start = 0;
    while (start < old.length && start < text.length && old[start] === text[start]) start += 1;
    let end = 0;
    while (end < old.length - start && end < text.length - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    if (old !== text) made.dispatch({ changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) }, annotations: fromOutside.of(true) });
    common.current = text;
    setOther(null);
  }, []);

  // What came from the canvas, or from outside: another program, another branch. What is being written here
  // and was not saved yet is never lost for it.
  useEffect(() => {
    const made = editor.current;
    if (!made) return;
    const now = made.state.doc.toString();
    if (view.text === common.current && !held.current) return;
    if (view.text === now || view.text === sent.current) {
      common.current = view.text;
      setOther(null);
    } else if (now === common.current) replace(view.text);
    else setOther(view.text);
  }, [view.text, replace]);

  const keep = () => {
    const made = editor.current;
    if (!made) return;
    common.current = view.text;
    held.current = false;
    setOther(null);
    sent.current = made.state.doc.toString();
    tell.current(sent.current);
  };

  useEffect(() => {
    const made = editor.current;
    if (!made) return;
    const doc = made.state.doc;
    const offset = (line: number, column: number) => {
      const at = doc.line(Math.max(1, Math.min(line, doc.lines)));
      return Math.min(at.to, at.from + Math.max(0, column - 1));
    };
    const marks: Mark[] = view.diagnostics.flatMap((d) => (d.span ? [{
      from: offset(d.span.start.line, d.span.start.column), to: Math.max(offset(d.span.start.line, d.span.start.column), offset(d.span.end.line, d.span.end.column)),
      severity: d.severity, message: [d.detail, d.hint].filter(Boolean).join(" "), source: d.code,
    }] : []));
    made.dispatch(setDiagnostics(made.state, marks));
  }, [view.diagnostics, view.text]);

  useEffect(() => {
    const made = editor.current;
    if (!made || !step || made.hasFocus) return;
    const match = new RegExp(`^[ \\t]+["']?${step}["']?[ \\t]*:`, "m").exec(made.state.doc.toString());
    if (!match) return;
    made.dispatch({ selection: { anchor: match.index + match[0].length }, effects: EditorView.scrollIntoView(match.index, { y: "start", yMargin: 40 }) });
  }, [step]);

  return (
    <div className="text-panel">
      {other === null ? null : (
        <div className="text-outside" role="alert" data-testid="text-outside">
          <span className="grow">{studioWords.textOutside}</span>
          <Button onPress={() => replace(other)} data-testid="text-other">{studioWords.textOther}</Button>
          <Button onPress={keep} data-testid="text-mine">{studioWords.textMine}</Button>
        </div>
      )}
      {view.document ? null : <p className="text-broken field-error">{studioWords.textBroken}</p>}
      <div ref={host} className="text-host" />
    </div>
  );
}
