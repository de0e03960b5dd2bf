import { useEffect, useMemo, useRef, useState } from "react";
import { useQuery } from "../../bridge/queries";
import type { Fit, Operation, Point, Schema } from "../../bridge/types";
import { Button } from "../../design/Button";
import { Field, Select } from "../../design/fields";
import { Callout, ErrorCallout } from "../../design/feedback";
import { type FieldShape, inputPorts, outputsOf } from "../../graph/schema";
import { studioWords } from "../../text/studio";

interface Props {
  at: Point;
  from: { id: string; title: string; operation: Operation | undefined };
  to: { id: string; title: string; operation: Operation | undefined };
  /** Outputs already used somewhere; offered where the operation cannot name its own. */
  seen: string[];
  /** `expression` where a converter stands between the two. */
  onFlow: (output: string, field: string, expression?: string) => void;
  onClose: () => void;
}

const other = "(other)";

type Judge = (output: string, field: string) => Fit | undefined;

/** The pair that most likely belongs together: by name first, then by type. */
function bestPair(outputs: { value: string; schema: Schema | undefined }[], inputs: FieldShape[], judge: Judge): { output: string; field: string } | null {
  let best: { output: string; field: string; score: number } | null = null;
  for (const output of outputs) {
    for (const input of inputs) {
      const fit = judge(output.value, input.path);
      if (fit?.because) continue;
      const name = output.value.toLowerCase() === input.name.toLowerCase() ? 4 : input.name.toLowerCase().includes(output.value.toLowerCase()) ? 2 : 0;
      const type = fit && fit.gives === fit.takes ? 1.5 : 0;
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
  const inputs = useMemo(() => inputPorts(to.operation), [to.operation]);
  // What goes together is the host's to say; it knows every type.
  const asked = from.operation && to.operation && ports.length > 0 ? { from: from.operation.name, step: from.id, to: to.operation.name } : null;
  const { data: fits, error, retry } = useQuery("port.between", asked);
  const judge = useMemo((): Judge => {
    const known = new Map(fits?.map((fit) => [`${fit.output} ${fit.field}`, fit]));
    return (name, path) => known.get(`${name} ${path}`);
  }, [fits]);
  const [picked, setOutput] = useState<string | null>(null);
  const output = picked ?? bestPair(outputs, inputs, judge)?.output ?? outputs[0]?.value ?? (open ? other : null);
  const [typed, setTyped] = useState("");
  const judged = inputs.map((input) => ({ input, because: output === null || output === other ? null : (judge(output, input.path)?.because ?? null) }));
  const [field, setField] = useState<string | null>(null);
  const best = useMemo(() => bestPair(outputs.filter((o) => o.value === output), inputs, judge)?.field, [outputs, output, inputs, judge]);
  const chosen = field ?? best ?? judged.find((j) => j.because === null && j.input.required)?.input.path ?? judged.find((j) => j.because === null)?.input.path ?? inputs[0]?.path ?? null;
  const fit = output !== null && chosen !== null ? judge(output, chosen) : undefined;
  const because = output === other ? null : (fit?.because ?? null);
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
            {because ? (
              <Callout tone="wait" testId="flow-refused" title={because}>
                {fit && fit.converters.length > 0 ? (
                  <span className="stack" style={{ gap: 6, paddingTop: 4 }}>
                    {fit.converters.map((converter) => (
                      <span key={converter.expression} className="stack" style={{ gap: 2 }}>
                        <span><Button onPress={() => { if (chosen) onFlow(name, chosen, converter.expression); }} data-testid="flow-convert">{converter.label}</Button></span>
                        <code className="quiet small" style={{ overflowWrap: "anywhere" }}>{converter.expression}</code>
                      </span>
                    ))}
                  </span>
                ) : studioWords.connectNoConverter}
              </Callout>
            ) : fit ? <p className="quiet small">{studioWords.connectTypes(fit.gives, fit.takes)}</p> : null}
            {error ? <ErrorCallout error={error} retry={retry} /> : null}
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
