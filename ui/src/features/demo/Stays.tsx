import type { DemoStays } from "../../bridge/types";
import { Said } from "../../design/Said";
import { demoWords } from "../../text/demo";

/** What stays, each with its reason. */
export function Stays({ stays }: { stays: DemoStays[] }) {
  if (stays.length === 0) return null;
  return (
    <section className="stack" style={{ gap: 8 }} data-testid="demo-stays">
      <h3 className="section-title">{demoWords.stays}</h3>
      <ul className="demo-list">{stays.map((one) => <li key={one.what}><span className="selectable"><Said text={one.what} /></span> <span className="muted"><Said text={one.because} /></span></li>)}</ul>
    </section>
  );
}
