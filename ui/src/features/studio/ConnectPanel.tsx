import { useEffect, useMemo, useRef, useState } from "react";
import type { Operation, Point, Schema } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Field, Select } from "../../design/fields";
import { Callout } from "../../design/feedback";
import { type FieldShape, inputPorts, outputsOf, portType, refusal } from "../../graph/schema";
import { studioWords } from "../../text/studio";

interface Props {
  at: Point;
  from: { id: string; title: string; operation: Operation | undefined };
  to: { id: string; title: string; operation: Operation | undefined };
  /** Outputs already used somewhere; offered where the operation cannot name its own. */
  seen: string[];
  onFlow: (output: string, field: string) => void;
  onClose: () => void;
}

const other = "(other)";

/** The pair that most likely belongs together: by name first, then by type. */
function bestPair(outputs: { value: string; schema: Schema | undefined }[], inputs: FieldShape[]): { output: string; field: string } | null {
  let best: { output: string; field: string; score: number } | null = null;
  for (const output of outputs) {
    for (const input of inputs) {
      if (refusal(output.schema, input.schema) !== null) continue;
      const name = output.value.toLowerCase() === input.name.toLowerCase() ? 4 : input.name.toLowerCase().includes(output.value.toLowerCase()) ? 2 : 0;
      const type = output.schema && portType(output.schema) === portType(input.schema) ? 1.5 : 0;
      const score = name + type + (input.required ? 0.25 : 0) - (input.folded ? 0.5 : 0) - (input.kind === "path" ? 1 : 0);
      if (!best || score > best.score) best = { output: output.value, field: input.path, score };
    }
  }
  return best;
}

/** After two steps were connected: which output, if any, feeds which input. */
export function ConnectPanel({ at, from, to, seen, onFlow, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { ports, open } = useMemo(() => outputsOf(from.operation), [from.operation]);
  const outputs = useMemo(() => {
    const known = ports.map((port) => ({ value: port.name, label: port.title === port.name ? port.name : `${port.title} (${port.name})`, schema: port.schema }));
    const more = seen.filter((name) => !ports.some((port) => port.name === name)).map((name) => ({ value: name, label: name, schema: undefined }));
    return [...known, ...more];
  }, [ports, seen]);
  const [output, setOutput] = useState<string | null>(() => bestPair(outputs, inputPorts(to.operation))?.output ?? outputs[0]?.value ?? (open ? other : null));
  const [typed, setTyped] = useState("");
  const inputs = useMemo(() => inputPorts(to.operation), [to.operation]);
  const schema = outputs.find((o) => o.value === output)?.schema;
  const judged = inputs.map((input) => ({ input, because: output === other ? null : refusal(schema, input.schema) }));
  const [field, setField] = useState<string | null>(null);
  const best = useMemo(() => bestPair(outputs.filter((o) => o.value === output), inputs)?.field, [outputs, output, inputs]);
  const chosen = field ?? best ?? judged.find((j) => j.because === null && j.input.required)?.input.path ?? judged.find((j) => j.because === null)?.input.path ?? null;
  const because = judged.find((j) => j.input.path === chosen)?.because ?? null;
  const name = output === other ? typed.trim() : (output ?? "");
  const valid = /^[a-zA-Z_][\w.[\]-]*$/.test(name) && chosen !== null && because === null;

  useEffect(() => {
    const first = box.current?.querySelector<HTMLElement>("button, input");
    first?.focus();
    const onDown = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!box.current?.contains(target) && !target.closest("[role=listbox], .popover")) onClose();
    };
    const timer = setTimeout(() => window.addEventListener("pointerdown", onDown, true), 0);
    return () => { clearTimeout(timer); window.removeEventListener("pointerdown", onDown, true); };
  }, [onClose]);

  const width = 340;
  return (
    <div ref={box} className="popover quick-add" style={{ left: Math.max(8, Math.min(at.x, window.innerWidth - width - 8)), top: Math.max(8, Math.min(at.y + 8, window.innerHeight - 340)), width }}
      role="dialog" tabIndex={-1} aria-label={studioWords.connectTitle(from.title, to.title)} data-testid="connect-panel"
      onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); onClose(); } }}>
      <div className="stack" style={{ padding: 14, gap: 12 }}>
        <div>
          <div className="ellipsis" style={{ fontWeight: 600 }} title={studioWords.connectTitle(from.title, to.title)}>{studioWords.connectTitle(from.title, to.title)}</div>
          <div className="muted small">{studioWords.connectQuestion}</div>
        </div>
        {output !== null && inputs.length > 0 ? (
          <>
            <Field label={studioWords.connectOutput} help={open ? studioWords.connectOpenHelp : undefined}>
              {outputs.length > 0 ? <Select label={studioWords.connectOutput} testId="flow-output" value={output} onChange={setOutput} options={[...outputs, ...(open ? [{ value: other, label: studioWords.connectOtherOutput }] : [])]} /> : null}
              {output === other ? <input className="input mono" value={typed} placeholder={studioWords.connectOutputName} aria-label={studioWords.connectOutputName} data-testid="flow-output-name" onChange={(event) => setTyped(event.target.value)}
                onKeyDown={(event) => { if (event.key === "Enter" && valid && chosen) onFlow(name, chosen); }} /> : null}
            </Field>
            <Field label={studioWords.connectInput}>
              <Select label={studioWords.connectInput} testId="flow-input" value={chosen} onChange={setField} options={judged.map(({ input, because: why }) => ({ value: input.path, label: input.title, note: why ?? undefined }))} />
            </Field>
            {because ? <Callout tone="wait">{because}</Callout> : null}
          </>
        ) : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button look="quiet" onPress={onClose} data-testid="flow-order">{studioWords.connectOrder}</Button>
          {output !== null && inputs.length > 0 ? <Button look="plain" isDisabled={!valid} onPress={() => { if (chosen) onFlow(name, chosen); }} data-testid="flow-connect">{studioWords.connectDo}</Button> : null}
        </div>
      </div>
    </div>
  );
}
