import "./demo.css";
import { useEffect, useRef } from "react";
import type { DemoRemoved } from "../../bridge/types";
import { Said } from "../../design/Said";
import { demoWords } from "../../text/demo";
import { Stays } from "./Stays";

/** The demo is removed and this window has no workspace: what went, what stayed, how to begin anew. */
export function Gone({ removed }: { removed: DemoRemoved }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <main className="page scroll gone" id="screen" data-testid="demo-gone">
      <div className="page-inner stack" style={{ maxWidth: "35rem", gap: 24 }}>
        <header className="stack" style={{ gap: 8 }}>
          <h1 ref={title} tabIndex={-1}>{demoWords.gone}</h1>
          <p className="muted">{demoWords.goneLead}</p>
        </header>
        <ul className="demo-list">{removed.gone.map((what) => <li key={what}><Said text={what} /></li>)}</ul>
        {removed.stays.length > 0 ? <Stays stays={removed.stays} /> : <p>{demoWords.nothingStays}</p>}
      </div>
    </main>
  );
}
